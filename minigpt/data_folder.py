"""Where texts and vocabularies are kept between runs: downloads, and what people bring.

Files are written there as `minigpt.files` does it, with folders made and failures explained.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from minigpt.errors import CorpusError
from minigpt.files import explained, open_atomically, remove_unfinished

ENVIRONMENT_VARIABLE = "MINIGPT_DATA"


def data_folder() -> Path:
    """The absolute folder; it need not exist before something is written to it.

    It is the one that the environment variable MINIGPT_DATA names, else "minigpt" in the
    user's cache folder.

    Raises:
        CorpusError: no folder is named and the user has no home folder.
    """
    named = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if named:
        return _with_home(Path(named)).absolute()
    return _with_home(_cache_folder(sys.platform)).absolute() / "minigpt"


def _cache_folder(platform: str) -> Path:
    if platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local")
    if platform == "darwin":
        return Path("~/Library/Caches")
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification asks for a relative path to be ignored.
    return named if named.is_absolute() else Path("~/.cache")


def _with_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise CorpusError(
            "There is no folder to keep texts and vocabularies in: {reason} Set the environment "
            "variable {variable} to a folder you may write to.",
            field="corpus",
            reason=error,
            variable=ENVIRONMENT_VARIABLE,
        ) from error


STALE_SECONDS = 3600.0


@contextmanager
def open_to_keep(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing that appears under its name only once the block ends well.

    Missing folders are made. Where the block fails, what `path` held before stays.

    Raises:
        CorpusError: the folder or the file cannot be written.
    """
    with explained(
        "{path} could not be written: {reason}. Free some space or check that you may write "
        "there; {variable} moves the folder for texts.",
        kind=CorpusError,
        field="corpus",
        path=path,
        variable=ENVIRONMENT_VARIABLE,
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        # What is younger may still be in use by another process.
        remove_unfinished(path.parent, path.name, older_than_seconds=STALE_SECONDS)
        with open_atomically(path) as file:
            yield file


def keep_file(path: Path, data: bytes) -> None:
    """Replace a file's content in one step.

    Raises:
        CorpusError: the folder or the file cannot be written.
    """
    with open_to_keep(path) as file:
        file.write(data)
