"""The table is the specification: what people are told for everything that can be seen."""

from itertools import product

import pytest

from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Exit, Launch, Meta, WorkerState
from minigpt.runs.status import (
    OUTCOMES,
    STALLED_AFTER_SECONDS,
    START_GRACE_SECONDS,
    LifeSigns,
    Status,
    derive_status,
    is_last_word,
    life_signs,
    reason_of,
)

NOW = 1_000_000.0
LAUNCHED = {"just now": NOW - START_GRACE_SECONDS + 1, "long ago": NOW - START_GRACE_SECONDS - 1}
HEARTBEAT = {
    "never": None,
    "fresh": NOW - STALLED_AFTER_SECONDS + 1,
    "old": NOW - STALLED_AFTER_SECONDS - 1,
}
EXIT_CODE = {"unseen": None, "gave up": 1, "by signal": -9}

# Without a word from the worker on how it ended. The timeout is left at 30 seconds, grace is 60.
TABLE = """
    lock    heartbeat   launched    process     status
    held    never       just now    unseen      stalled
    held    never       just now    gave up     stalled
    held    never       just now    by signal   stalled
    held    never       long ago    unseen      stalled
    held    never       long ago    gave up     stalled
    held    never       long ago    by signal   stalled
    held    fresh       just now    unseen      running
    held    fresh       just now    gave up     running
    held    fresh       just now    by signal   running
    held    fresh       long ago    unseen      running
    held    fresh       long ago    gave up     running
    held    fresh       long ago    by signal   running
    held    old         just now    unseen      stalled
    held    old         just now    gave up     stalled
    held    old         just now    by signal   stalled
    held    old         long ago    unseen      stalled
    held    old         long ago    gave up     stalled
    held    old         long ago    by signal   stalled
    free    never       just now    unseen      starting
    free    never       just now    gave up     failed
    free    never       just now    by signal   killed
    free    never       long ago    unseen      killed
    free    never       long ago    gave up     failed
    free    never       long ago    by signal   killed
    free    fresh       just now    unseen      killed
    free    fresh       just now    gave up     killed
    free    fresh       just now    by signal   killed
    free    fresh       long ago    unseen      killed
    free    fresh       long ago    gave up     killed
    free    fresh       long ago    by signal   killed
    free    old         just now    unseen      killed
    free    old         just now    gave up     killed
    free    old         just now    by signal   killed
    free    old         long ago    unseen      killed
    free    old         long ago    gave up     killed
    free    old         long ago    by signal   killed
"""
ROWS = [
    tuple(cell.strip() for cell in row.strip().split("  ") if cell.strip())
    for row in TABLE.strip().splitlines()[1:]
]


def seen(lock, heartbeat, launched, process, **more):
    return LifeSigns(
        is_alive=lock == "held",
        launched_at=LAUNCHED[launched],
        heartbeat=HEARTBEAT[heartbeat],
        exit_code=EXIT_CODE[process],
        **{"outcome": None, **more},
    )


def test_the_table_is_complete():
    combinations = set(product(["held", "free"], HEARTBEAT, LAUNCHED, EXIT_CODE))
    assert {row[:4] for row in ROWS} == combinations
    assert len(ROWS) == len(combinations)


@pytest.mark.parametrize(("lock", "heartbeat", "launched", "process", "status"), ROWS)
def test_a_run_without_a_last_word(lock, heartbeat, launched, process, status):
    assert derive_status(seen(lock, heartbeat, launched, process), NOW) == Status(status)


@pytest.mark.parametrize("outcome", sorted(OUTCOMES))
@pytest.mark.parametrize("row", ROWS)
def test_what_the_worker_wrote_of_its_end_outweighs_everything(row, outcome):
    assert derive_status(seen(*row[:4], outcome=str(outcome)), NOW) is outcome


@pytest.mark.parametrize("outcome", ["running", "killed", "queued", "FINISHED", "?"])
@pytest.mark.parametrize("row", ROWS)
def test_a_last_word_that_no_worker_writes_is_no_evidence(row, outcome):
    assert derive_status(seen(*row[:4], outcome=outcome), NOW) == Status(row[4])


@pytest.mark.parametrize("heartbeat", ["never", "fresh"])
def test_a_worker_that_lives_but_has_not_made_a_step_is_starting(heartbeat):
    signs = LifeSigns(
        is_alive=True,
        launched_at=NOW - 1,
        heartbeat=HEARTBEAT[heartbeat],
        outcome=None,
        is_preparing=True,
    )
    assert derive_status(signs, NOW) is Status.STARTING


@pytest.mark.parametrize(("ahead", "status"), [(1, "starting"), (3600, "killed")])
def test_after_the_clock_was_set_back_nothing_starts_for_an_hour(ahead, status):
    signs = LifeSigns(is_alive=False, launched_at=NOW + ahead, heartbeat=None, outcome=None)
    assert derive_status(signs, NOW) == Status(status)


@pytest.mark.parametrize(("silence", "status"), [(599, "running"), (601, "stalled")])
def test_a_worker_is_stalled_only_after_the_timeout_it_asked_for(silence, status):
    signs = LifeSigns(
        is_alive=True,
        launched_at=0.0,
        heartbeat=NOW - silence,
        outcome=None,
        heartbeat_timeout=600.0,
    )
    assert derive_status(signs, NOW) == Status(status)


def test_a_clock_that_was_set_back_alarms_nobody():
    signs = LifeSigns(is_alive=True, launched_at=NOW, heartbeat=NOW + 3600, outcome=None)
    assert derive_status(signs, NOW) is Status.RUNNING


@pytest.mark.parametrize("status", list(Status))
def test_live_statuses_are_those_that_change_by_themselves(status):
    assert status.is_live == (status in {"queued", "starting", "running", "stalled"})


@pytest.mark.parametrize("status", list(Status))
def test_what_has_a_worker_takes_a_place(status):
    assert status.has_worker == (status in {"starting", "running", "stalled"})


@pytest.mark.parametrize("outcome", [None, *sorted(OUTCOMES)])
@pytest.mark.parametrize("row", ROWS)
def test_a_run_in_the_queue_waits_whatever_it_was_before(row, outcome):
    signs = seen(*row[:4], outcome=outcome and str(outcome), is_queued=True)
    # One that lives has just been started, and is about to be taken out of the queue.
    expected = Status.STARTING if row[0] == "held" else Status.QUEUED
    assert derive_status(signs, NOW) is expected


def signs_of(*, is_alive=False, meta=(), launch=(), state=(), end=(), is_queued=False):
    """The signs in files with this content."""
    return life_signs(
        is_alive=is_alive,
        meta=Meta.from_json(dict(meta)),
        launch=Launch.from_json(dict(launch)),
        state=WorkerState.from_json(dict(state)),
        end=Exit.from_json(dict(end)),
        is_queued=is_queued,
    )


@pytest.mark.parametrize(
    ("launched", "ended", "outcome"),
    [
        (2.0, 3.0, "paused"),
        (2.0, 2.0, "paused"),
        (2.0, 1.0, None),
        (None, 1.0, "paused"),
        (2.0, None, "paused"),
    ],
)
def test_the_last_word_of_an_earlier_worker_is_no_evidence(launched, ended, outcome):
    end, launch = {"outcome": "paused", "at": ended}, {"at": launched}
    signs = signs_of(launch=launch, end=end)
    assert signs.outcome == outcome
    assert is_last_word(Exit.from_json(end), Launch.from_json(launch)) == (outcome is not None)


@pytest.mark.parametrize(
    ("launched", "heartbeat", "kept"), [(2.0, 3.0, 3.0), (2.0, 1.0, None), (None, 1.0, 1.0)]
)
def test_the_heartbeat_of_an_earlier_worker_is_no_evidence(launched, heartbeat, kept):
    signs = signs_of(is_alive=True, launch={"at": launched}, state={"heartbeat": heartbeat})
    assert signs.heartbeat == kept


def test_a_run_taken_up_again_is_starting_until_its_new_worker_speaks():
    files = {
        "meta": {"created_at": NOW - 9000},
        "launch": {"at": NOW - 1},
        "state": {"heartbeat": NOW - 8000, "phase": "done"},
        "end": {"outcome": "paused", "at": NOW - 8000},
    }
    for is_alive in (False, True):
        signs = signs_of(is_alive=is_alive, **files)
        assert derive_status(signs, NOW) is Status.STARTING


def test_no_last_word_is_none():
    assert not is_last_word(Exit(), Launch())
    assert not is_last_word(Exit(), Launch(at=1.0))


def test_evidence_is_picked_out_of_the_files():
    signs = signs_of(
        is_alive=True,
        meta={"created_at": 1.0},
        launch={"at": 2.0, "exit_code": -9},
        state={"heartbeat": 3.0, "phase": "preparing", "heartbeat_timeout": 600.0},
        end={"outcome": "stopped"},
        is_queued=True,
    )
    assert signs == LifeSigns(
        is_alive=True,
        launched_at=2.0,
        heartbeat=3.0,
        outcome="stopped",
        is_queued=True,
        is_preparing=True,
        heartbeat_timeout=600.0,
        exit_code=-9,
    )


def test_a_run_that_no_launcher_noted_counts_from_its_creation():
    signs = signs_of(meta={"created_at": 7})
    assert signs.launched_at == 7.0


@pytest.mark.parametrize("damage", [None, "soon", [], {}, True, float("nan")])
def test_damaged_values_are_no_evidence(damage):
    signs = signs_of(
        meta={"created_at": damage},
        launch={"at": damage, "exit_code": damage},
        state={"heartbeat": damage, "phase": damage, "heartbeat_timeout": damage},
        end={"outcome": damage if damage != "soon" else 5},
    )
    assert signs == LifeSigns(is_alive=False, launched_at=0.0, heartbeat=None, outcome=None)


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


def test_a_run_that_waits_for_room_on_the_disk_says_so(run, full_host):
    run = RunDirectory(run.path, full_host)
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
