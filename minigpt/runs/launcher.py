"""Starting a worker so that it outlives whoever started it."""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from minigpt.corpora import load_corpus, require_length
from minigpt.errors import RunError
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.large_files import require_room, sha256_of
from minigpt.runs.store import PROJECT_FOLDER, RunStore

COULD_NOT_START = 127
"""What a shell answers when there is no such program."""


def start_run(store: RunStore, config: RunConfig, *, name: str) -> RunDirectory:
    """Check the text, write the run down and start training it in the background.

    Raises:
        CorpusError: the text cannot be had, or is too short for the model's context.
        RunError: the run could not be written, or its worker not be started.
    """
    run = store.create(checked_config(config), name=name)
    launch(run)
    return run


def checked_config(config: RunConfig) -> RunConfig:
    """The configuration with the text's checksum in it, once the text is known to be usable.

    Raises:
        CorpusError: the text cannot be had, or is too short for the model's context.
    """
    context_length = config.model.context_length
    if config.corpus.path:
        path = Path(config.corpus.path)
        checksum = sha256_of(path)
        require_room(path, context_length)
    else:
        corpus = load_corpus(config.corpus.name)
        require_length(corpus, context_length)
        checksum = corpus.sha256
    return config.changed({"corpus.sha256": checksum})


def launch(run: RunDirectory) -> None:
    """Start the worker of a run in a session of its own and return at once.

    Raises:
        RunError: the system refused; the run then reads as failed, with that reason.
    """
    started_at = time.time()
    try:
        process = _spawn(run)
    except OSError as error:
        message = (
            f"The worker could not be started: {error}. "
            "Close other programs or free some disk space, and start the run again."
        )
        _note(run, at=started_at, exit_code=COULD_NOT_START, error=message)
        raise RunError(message) from error
    _note(run, at=started_at, pid=process.pid)
    # Somebody has to collect its exit status, or it would linger as a zombie.
    threading.Thread(target=_record_end, args=(run, process, started_at), daemon=True).start()


def _spawn(run: RunDirectory) -> subprocess.Popen[bytes]:
    # A file, never a pipe: a pipe that nobody reads fills up and stops the writer.
    with run.log.open("ab") as log:
        return subprocess.Popen(
            # -P: a file in the current folder must not pass for a module of the same name.
            [sys.executable, "-P", "-m", "minigpt.runs.worker", str(run.path.resolve())],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=_environment(),
            # Ctrl-C on the app goes to its whole session; the worker must not be in it.
            start_new_session=True,
            creationflags=_WINDOWS_FLAGS,
        )


def _record_end(run: RunDirectory, process: subprocess.Popen[bytes], started_at: float) -> None:
    _note(run, at=started_at, exit_code=process.wait(), pid=process.pid)


def _note(run: RunDirectory, **facts: Any) -> None:
    # A full disk costs only the note; and by the end, the run may be deleted.
    with suppress(OSError):
        run.write("launch", facts)


def _environment() -> dict[str, str]:
    inherited = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(PROJECT_FOLDER), *filter(None, [inherited])]),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        # Threads that spin while they wait take the cores from whoever they wait for: on two
        # cores that others kept busy, steps took several times as long as with this.
        "OMP_WAIT_POLICY": "PASSIVE",
    }


_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "DETACHED_PROCESS", 0
)
