import shutil

import pytest

from minigpt.runs.analysis.inside.growth import growth
from minigpt.runs.analysis.inside.recurrence import BirthSteps, Recurrence
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from tests.ui.harness import made_run, plain, said, tiny_config
from ui.screens.inspect.pairs.several import in_words
from ui.services.heads import relatives


def show(ids):
    from ui.navigation import ensure_frame
    from ui.screens.runs.compare import draw_overlay

    ensure_frame()
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
    words = "2 of 2 runs grew a head that looks at the token just before, since step"
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


def when(low, high, spread=None):
    return BirthSteps(low=float(low), high=float(high), spread=spread)


def test_words_say_what_was_seen_and_what_an_experiment_confirms():
    one = Recurrence(runs=3, grown=1, looks=when(1000, 1200), from_frames=0, proven=0, deed=None)
    assert in_words("copied", one) == (
        "1 of 3 runs grew a head that looks at what came after an earlier copy, since step 1,000 "
        "to 1,200; no experiment confirms that it is for that."
    )
    two = Recurrence(
        runs=3, grown=2, looks=when(80, 80, 40.0), from_frames=2, proven=2,
        deed=when(50, 150, 20.0),
    )  # fmt: skip
    assert in_words("previous", two) == (
        "2 of 3 runs grew a head that looks at the token just before, since step 80 ± 40; in 2 of "
        "them an experiment confirms that it is for that, first at step 50 to 150 (± 20)."
    )


def ask(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.inspect.pairs.several import show_relatives

    ensure_frame()
    show_relatives(run_id)


def test_runs_of_one_recipe_are_found_by_themselves(draw):
    ids = [made_run(name=f"seed {one}", config=tiny_config(seed=one)).id for one in (1, 2)]
    made_run(name="wider", config=tiny_config(seed=3, model__width=24))
    assert set(relatives(ids[0])) == set(ids)
    at = draw(ask, run_id=ids[0])
    assert any(
        "2 runs with the same settings but for their seeds" in one for one in said(at.caption)
    )
    assert at.toggle[0].label == "Which heads did they grow?"


def test_a_run_without_relatives_says_how_to_get_some(draw):
    at = draw(ask, run_id=made_run().id)
    assert any("another seed" in one for one in said(at.caption))
    assert "Which heads did they grow?" not in [one.label for one in at.toggle]


def test_the_address_may_name_any_runs(draw, copying):
    other = made_run(name="wider").id
    at = draw(ask, run_id=other, query={"runs": ",".join(copying)})
    assert any("The 2 runs that were chosen" in one for one in said(at.caption))
