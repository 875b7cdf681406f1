import pytest

from minigpt.errors import RunError
from minigpt.runs.analysis.leaderboard import read_record
from tests.ui.harness import made_run
from ui.services import runs
from ui.services.runs import record


def test_a_record_is_read_again_only_when_it_has_grown(monkeypatch):
    reads = []
    monkeypatch.setattr(runs, "read_record", lambda run: reads.append(run.id) or read_record(run))
    run = made_run(steps=())
    run.metrics.write_text('{"step": 0, "tokens": 0, "validation_loss": 4.0}\n')
    assert record(run.id).looks == ((0, 0.0, 4.0),)
    assert record(run.id).looks == ((0, 0.0, 4.0),)
    assert len(reads) == 1
    run.append("metrics", {"step": 5, "tokens": 10, "validation_loss": 3.0})
    assert record(run.id).looks[-1] == (5, 10.0, 3.0)
    assert len(reads) == 2


def test_a_run_that_has_written_nothing_has_an_empty_record():
    assert record(made_run(steps=(), state=None).id).looks == ()


def test_a_run_that_is_gone_is_told():
    with pytest.raises(RunError, match="no run called"):
        record("gone")
