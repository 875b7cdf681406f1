"""Where texts and vocabularies are kept between runs: downloads, and what people bring."""

import os
import sys
from pathlib import Path

from minigpt.errors import CorpusError

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
            f"There is no folder to keep texts and vocabularies in: {error} "
            f"Set the environment variable {ENVIRONMENT_VARIABLE} to a folder you may write to.",
            field="corpus",
        ) from error
