import pytest

from minigpt import disk
from minigpt.runs.status import Status, reason_of


@pytest.mark.parametrize("status", [s for s in Status if s not in {"failed", "killed"}])
def test_an_end_that_needs_no_explanation_gets_none(run, status):
    assert reason_of(run, status) is None


def test_a_failed_worker_is_quoted(run):
    run.write("exit", {"outcome": "failed", "reason": "Too hot."})
    assert reason_of(run, Status.FAILED) == "Too hot."


def test_a_worker_that_could_not_be_started_is_explained_by_its_launcher(run):
    run.write("launch", {"at": 0, "exit_code": 127, "error": "No such program."})
    assert reason_of(run, Status.FAILED) == "No such program."


def test_a_worker_that_gave_up_at_once_is_explained_by_its_log(run):
    run.write("launch", {"at": 0, "exit_code": 3, "pid": 1})
    run.log.write_text("one\ntwo\n\nthree\nImportError: no torch\n", encoding="utf-8")
    reason = reason_of(run, Status.FAILED)
    assert "exit code 3 before training began" in reason
    assert reason.endswith("Its log ends with: two / three / ImportError: no torch")


@pytest.mark.parametrize("end", [{}, {"outcome": "failed"}, {"outcome": "failed", "reason": 5}])
def test_a_failure_without_a_reason_says_that_there_is_none(run, end):
    run.write("exit", end)
    assert reason_of(run, Status.FAILED) == "The worker gave no reason."


def test_a_killed_worker_is_told_with_its_signal_and_what_it_had_saved(run):
    run.write("state", {"pid": 7, "step": 40})
    run.write("launch", {"pid": 7, "exit_code": -15})
    reason = reason_of(run, Status.KILLED)
    assert "ended from outside by SIGTERM" in reason
    assert "saved up to step 40 is still good" in reason


def test_a_signal_without_a_name_is_told_by_its_number(run):
    run.write("launch", {"exit_code": -200})
    assert "by signal 200" in reason_of(run, Status.KILLED)


@pytest.mark.parametrize("launch", [{}, {"pid": 7}, {"pid": 8, "exit_code": -15}])
def test_nobody_guesses_a_signal_that_nobody_saw(run, launch):
    run.write("state", {"pid": 7, "step": 40})
    run.write("launch", launch)
    assert "ended without a word" in reason_of(run, Status.KILLED)


def test_a_run_that_paused_itself_says_why(run):
    run.write("exit", {"outcome": "paused", "reason": "The disk is full."})
    assert reason_of(run, Status.PAUSED) == "The disk is full."


def test_a_run_that_waits_for_room_on_the_disk_says_so(run, monkeypatch):
    monkeypatch.setattr(disk, "MARGIN_BYTES", 2**62)
    assert "The disk is nearly full" in reason_of(run, Status.QUEUED)


def test_a_worker_that_was_ended_because_it_did_not_answer_is_told_so(run):
    run.write("launch", {"at": 100.0})
    run.write("signals", {"stop_at": 110.0, "terminated_at": 125.0, "killed_at": 155.0})
    reason = reason_of(run, Status.KILLED)
    assert "did not answer the request to stop within 45 seconds" in reason


def test_signals_to_an_earlier_worker_explain_nothing(run):
    run.write("launch", {"at": 200.0})
    run.write("signals", {"stop_at": 110.0, "terminated_at": 125.0, "killed_at": 155.0})
    assert "ended without a word" in reason_of(run, Status.KILLED)
