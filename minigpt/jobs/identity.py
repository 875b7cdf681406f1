"""Which process is meant by a number. Numbers are used again; number and start time are not."""

import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from minigpt.runs import records
from minigpt.runs.directory import RunDirectory

STARTED_FIELD = 21
"""Place of the start time in /proc/PID/stat, counted from zero; "man 5 proc" calls it 22."""
PS_SECONDS = 5.0


def of_this_process() -> dict[str, Any]:
    """What a worker writes down to be recognised by."""
    return {"pid": os.getpid(), "started": started(os.getpid())}


def started(pid: int) -> str | None:
    """When a process began, in whatever form the system tells it; None if that cannot be known."""
    if sys.platform == "linux":
        return _from_proc(pid)
    return _from_psutil(pid) or _from_ps(pid)


def verified_worker(run: RunDirectory) -> int | None:
    """The process number of a run's worker, if it is certain that it still belongs to it.

    Certain means: somebody holds the run's lock, and the process with the number that the worker
    wrote down began when the worker did.
    """
    written = run.read("process")
    pid, began = records.whole(written, "pid"), records.text(written, "started")
    if pid is None or pid <= 1 or began is None or not run.is_alive():
        return None
    return pid if started(pid) == began else None


def _from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, which may itself contain anything.
    after_name = stat.rpartition(")")[2].split()
    place = STARTED_FIELD - 2
    return after_name[place] if len(after_name) > place else None


def _from_psutil(pid: int) -> str | None:
    try:
        psutil = importlib.import_module("psutil")
        return str(psutil.Process(pid).create_time())
    except Exception:  # not installed, or no such process: psutil has error types of its own
        return None


def _from_ps(pid: int) -> str | None:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=PS_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):  # Windows has no ps
        return None
    return told.stdout.strip() or None
