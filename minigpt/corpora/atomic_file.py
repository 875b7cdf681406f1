"""Files that are either whole or absent, however the writing ends."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from minigpt.corpora.folder import ENVIRONMENT_VARIABLE
from minigpt.errors import CorpusError

STALE_SECONDS = 3600.0


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only once the block ends well.

    Missing folders are made. Where the block fails, what `path` held before stays.

    Raises:
        CorpusError: the folder or the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale_parts(path)
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise CorpusError(_cannot_write(path, error), field="corpus") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content in one step.

    Raises:
        CorpusError: the folder or the file cannot be written.
    """
    with open_atomically(path) as file:
        file.write(data)


def _remove_stale_parts(path: Path) -> None:
    """Clear what a killed process left; a younger part may still be in use."""
    for partial in path.parent.iterdir():
        if partial.name.startswith(f".{path.name}.") and partial.suffix == ".part":
            with suppress(OSError):
                if time.time() - partial.stat().st_mtime > STALE_SECONDS:
                    partial.unlink()


def _cannot_write(path: Path, error: OSError) -> str:
    return (
        f"{path} could not be written: {error.strerror or error}. Free some space or check "
        f"that you may write there; {ENVIRONMENT_VARIABLE} moves the folder for texts."
    )
