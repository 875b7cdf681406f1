"""One press of a button, one run: however often and from wherever the same request arrives.

A request that carries a nonce is claimed in .claims/ beside the runs, under the run's id, before
the run is made. Whoever comes with the same nonce later gets that run.
"""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from minigpt.errors import RunError
from minigpt.files import read_json, write_json
from minigpt.runs import records
from minigpt.runs.directory import RunDirectory
from minigpt.runs.naming import new_run_id
from minigpt.runs.store import RunStore, cannot_create

KEPT_SECONDS = 24 * 3600.0
PATIENCE_SECONDS = 30.0


def once(
    store: RunStore, nonce: str, *, name: str, create: Callable[[str], RunDirectory]
) -> RunDirectory:
    """The run of this nonce; made by `create`, which gets its id, if there is none yet.

    Without a nonce a run is made at every call. Only one caller at a time makes one, so `create`
    may count what there is.

    Raises:
        RunError: `create` did, the folder cannot be written, or others take too long.
    """
    folder = store.root / ".claims"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock").acquire(timeout=PATIENCE_SECONDS):
            return _claimed(store, folder, nonce) or _claim(folder, nonce, name, create)
    except Timeout as error:
        raise RunError("Many runs are being started. Try again in a few seconds.") from error
    except OSError as error:
        raise cannot_create(store.root, error) from error


def _claimed(store: RunStore, folder: Path, nonce: str) -> RunDirectory | None:
    run_id = records.text(read_json(_place(folder, nonce)) or {}, "run") if nonce else None
    if run_id is not None:
        with suppress(RunError):  # claimed, but never made, or deleted since
            return store.open(run_id)
    return None


def _claim(
    folder: Path, nonce: str, name: str, create: Callable[[str], RunDirectory]
) -> RunDirectory:
    run_id = new_run_id(name)
    _sweep(folder)
    if nonce:
        # Before the run is made: if this process ends in between, nobody gets two.
        write_json(_place(folder, nonce), {"run": run_id, "at": time.time()})
    return create(run_id)


def _place(folder: Path, nonce: str) -> Path:
    return folder / f"{hashlib.sha256(nonce.encode()).hexdigest()}.json"


def _sweep(folder: Path) -> None:
    oldest = time.time() - KEPT_SECONDS
    for path in folder.glob("*.json"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()
