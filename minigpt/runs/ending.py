"""Why a run ended that should not have, in words for people."""

import signal
from collections.abc import Mapping
from typing import Any

from minigpt.disk import shortage
from minigpt.runs import records
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status

LOG_LINES = 3


def reason_of(run: RunDirectory, status: Status) -> str | None:
    """The reason for a status that calls for one; None for the others."""
    if status is Status.FAILED:
        return records.text(run.read("exit"), "reason") or _gave_up(run)
    if status is Status.KILLED:
        return _ended_unanswered(run) or _killed(run)
    if status is Status.PAUSED:
        return records.text(run.read("exit"), "reason")
    if status is Status.QUEUED:
        return shortage(run.path)
    return None


def _gave_up(run: RunDirectory) -> str:
    launch = run.read("launch")
    if error := records.text(launch, "error"):
        return error
    if (code := records.whole(launch, "exit_code")) is None:
        return f"The worker gave no reason.{_last_words(run)}"
    return f"The worker ended with exit code {code} before training began.{_last_words(run)}"


def _ended_unanswered(run: RunDirectory) -> str | None:
    sent, launch = run.read("signals"), run.read("launch")
    killed_at = records.number(sent, "killed_at")
    if killed_at is None or killed_at < (records.number(launch, "at") or 0.0):
        return None
    asked_at = records.number(sent, "stop_at") or killed_at
    return (
        f"It did not answer the request to stop within {killed_at - asked_at:,.0f} seconds, so "
        "its process was ended. What it had saved before is still good."
    )


def _killed(run: RunDirectory) -> str:
    state = run.read("state")
    by_signal = _signal_name(run.read("launch"), state)
    what = f"was ended from outside by {by_signal}" if by_signal else "ended without a word"
    step = records.whole(state, "step")
    kept = f" What it had saved up to step {step} is still good." if step is not None else ""
    return (
        f"The worker {what}. Most often the computer ran out of memory or was restarted, "
        f"or somebody ended the process.{kept}{_last_words(run)}"
    )


def _signal_name(launch: Mapping[str, Any], state: Mapping[str, Any]) -> str | None:
    code = records.whole(launch, "exit_code")
    # Another worker may have been started on this run since, and have refused.
    if code is None or code >= 0 or ("pid" in state and state["pid"] != launch.get("pid")):
        return None
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _last_words(run: RunDirectory) -> str:
    lines = run.log_tail(LOG_LINES)
    return f" Its log ends with: {' / '.join(lines)}" if lines else ""
