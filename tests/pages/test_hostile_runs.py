"""Runs that say what no worker would cost themselves at most, never a page of others."""

import pytest

from minigpt.runs.store import RunStore, status_of
from tests.minigpt.runs.hostile import HOSTILE, hostile_run
from tests.ui.harness import said

NEEDED = ("step", "text", "at", "outcome")
"""Kept in half of the runs: else their lines would be left out before anything is shown of them."""
ODD = ("surrogate", "huge", "negative and huge", "400 digits", "text", "list", "missing")


@pytest.fixture
def hostile_runs(gpt):
    """A good run among those in which everything is hostile, or all but what is needed."""
    store = RunStore.default()
    keeping = [hostile_run(gpt, store, kind, keep=NEEDED) for kind in HOSTILE]
    return [*keeping, *(hostile_run(gpt, store, kind) for kind in HOSTILE)]


def test_lists_show_every_run_beside_the_good_one(visit, gpt, hostile_runs):
    ids = [run.id for run in hostile_runs]
    assert len({run.id for run in RunStore.default().all()}) == 1 + 2 * len(HOSTILE)
    assert not visit("home").exception
    for view in ("compare", "rank"):
        at = visit("runs", view=view, runs=",".join([gpt.id, *ids]))
        assert not at.exception
        assert not [error for error in said(at.error) if "cannot be shown" in error]
        assert len(at.dataframe[0].value) == 1 + len(ids)


def test_the_page_of_a_hostile_run_opens_with_all_its_tabs(visit, gpt):
    for kind in ODD:
        run = hostile_run(gpt, RunStore.default(), kind, keep=NEEDED)
        for tab in ("Samples", "Events", "System", "Settings", "Checkpoints"):
            at = visit("run", run=run.id)
            at.session_state[f"tabs-{run.id}"] = tab
            assert not at.run().exception, (kind, tab)


@pytest.mark.parametrize("page", ["generate", "attention", "inside", "train"])
def test_pages_of_a_model_open_with_the_hostile_runs_in_their_list(visit, gpt, page):
    runs = [hostile_run(gpt, RunStore.default(), kind, keep=NEEDED) for kind in ODD]
    for run in (gpt, *runs):
        query = {"like": run.id} if page == "train" else {"run": run.id}
        assert not visit(page, **query).exception, run.id


@pytest.mark.parametrize("field", ["validation_loss", "bytes", "step", "sha256", "file"])
def test_a_damaged_list_of_weights_costs_its_own_run(visit, gpt, bigram, field):
    manifest = gpt.weights / "latest.json"
    text = manifest.read_text("utf-8")
    spoiled = text.replace(f'"{field}": ', f'"{field}": ["\\ud800"], "was": ', 1)
    assert spoiled != text
    manifest.write_text(spoiled, "utf-8")
    for page, query in (("home", {}), ("runs", {"runs": f"{gpt.id},{bigram.id}"})):
        at = visit(page, **query)
        assert not at.exception
        assert any("is damaged" in error for error in said(at.error))
    for page in ("run", "generate", "attention", "inside"):
        assert not visit(page, run=gpt.id).exception


def test_a_hostile_run_can_be_renamed_and_deleted(gpt):
    store = RunStore.default()
    for run in [hostile_run(gpt, store, kind) for kind in HOSTILE]:
        store.rename(run.id, "Named")
        assert store.summarise(run).name == "Named"
        assert not status_of(run).is_live
        store.delete(run.id)
        assert not run.exists
