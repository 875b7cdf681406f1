import pytest

from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status
from minigpt.runs.store import summary_of


def test_a_summary_tells_whose_it_is_and_when_it_was_last_heard_of(store, run):
    meta = run.read("meta")
    run.write("meta", {**meta, "owner": "Ada", "tags": ["good", 5, "old"], "note": "Look!"})
    assert store.summarise(run).updated_at == meta["created_at"]
    run.write("state", {"heartbeat": meta["created_at"] + 5, "seconds": 4.5, "train_loss": 2.5})
    summary = store.summarise(run)
    assert (summary.owner, summary.tags, summary.note) == ("Ada", ("good", "old"), "Look!")
    assert summary.updated_at == meta["created_at"] + 5
    assert (summary.seconds, summary.train_loss) == (4.5, 2.5)
    run.write("exit", {"outcome": "paused", "at": meta["created_at"] + 9, "reason": "Full."})
    summary = store.summarise(run)
    assert summary.updated_at == meta["created_at"] + 9
    assert (summary.status, summary.reason) == (Status.PAUSED, "Full.")


@pytest.mark.parametrize("status", list(Status))
def test_a_run_without_files_has_a_summary_of_any_status(tmp_path, status):
    (tmp_path / "bare").mkdir()
    summary = summary_of(RunDirectory(tmp_path / "bare"), status)
    assert (summary.id, summary.name, summary.status) == ("bare", "bare", status)
