"""Writing files of texts: as `minigpt.files` does it, with folders made and failures explained."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from minigpt.data_folder import ENVIRONMENT_VARIABLE
from minigpt.errors import CorpusError
from minigpt.files import open_atomically, remove_unfinished

STALE_SECONDS = 3600.0


@contextmanager
def open_to_keep(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only once the block ends well.

    Missing folders are made. Where the block fails, what `path` held before stays.

    Raises:
        CorpusError: the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # What is younger may still be in use by another process.
        remove_unfinished(path.parent, path.name, older_than_seconds=STALE_SECONDS)
        with open_atomically(path) as file:
            yield file
    except OSError as error:
        raise CorpusError(_cannot_write(path, error), field="corpus") from error


def keep(path: Path, data: bytes) -> None:
    """Replace a file's content in one step.

    Raises:
        CorpusError: the folder or the file cannot be written.
    """
    with open_to_keep(path) as file:
        file.write(data)


def _cannot_write(path: Path, error: OSError) -> str:
    return (
        f"{path} could not be written: {error.strerror or error}. Free some space or check "
        f"that you may write there; {ENVIRONMENT_VARIABLE} moves the folder for texts."
    )
