import shutil

import pytest

from minigpt.runs.analysis.inside.growth import Recurrence, growth
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from tests.ui.harness import made_run, plain, said, tiny_config
from ui.screens.runs.heads import in_words


def show(ids):
    from ui.screens.runs.compare import draw_overlay

    draw_overlay(ids)


@pytest.fixture
def copying():
    """The demo run that copies, twice: equal settings, equal heads."""
    store = RunStore.default()
    for name in ("first", "second"):
        shutil.copytree(PROJECT_FOLDER / "checkpoints" / "demo-copying", store.root / name)
    return ["first", "second"]


def test_heads_are_looked_at_only_where_somebody_asks(draw, copying):
    at = draw(show, ids=copying)
    assert not any("grew a head" in one for one in said(at.markdown))
    assert at.toggle[0].label == "Which heads did they grow?"


def test_what_the_runs_grew_is_said_and_listed(draw, copying):
    at = draw(show, ids=copying, query={"grown": "yes"})
    words = "2 of 2 runs grew a head that looks at the token just before, first seen at step"
    assert any(words in plain(one) for one in said(at.markdown))
    table = at.dataframe[-1].value
    found = growth(RunStore.default().open("first"), windows=8)
    assert len(table) == 2 * len(found.grown)
    heads = [f"{one.head[0] + 1}.{one.head[1] + 1}" for one in found.grown.values()]
    assert table["head"].tolist() == 2 * heads
    assert not at.exception


def test_runs_whose_text_is_gone_are_told_one_by_one(draw):
    ids = [made_run(name=one, config=tiny_config(corpus__name="gone")).id for one in ("A", "B")]
    at = draw(show, ids=ids, query={"grown": "yes"})
    assert len(at.error) == 2
    assert not at.exception


def test_one_run_alone_has_no_spread():
    one = Recurrence(runs=3, grown=1, proven=0, step=1200.0, spread=None)
    assert in_words("copied", one) == (
        "1 of 3 runs grew a head that looks at what came after an earlier copy, first seen at "
        "step 1,200; by experiment: 0."
    )
