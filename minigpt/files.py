"""Files that are either whole or not there, whatever stops the writer."""

import json
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

SUFFIX_DIGITS = 8
"""Of the name of a temporary file, so that two writers never share one."""


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in its place at once.

    Raises:
        OSError: the disk refused; what was at `path` before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(SUFFIX_DIGITS // 2)}")
    try:
        with temporary.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path, name: str = "*") -> None:
    """Remove what a writer of `name` left in a folder when it was ended in the middle.

    For the only writer of that file alone: another one's is taken from under it. `name` may hold
    wildcards.
    """
    for path in folder.glob(f".{name}.{'[0-9a-f]' * SUFFIX_DIGITS}"):
        with suppress(OSError):
            path.unlink()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically, readable by people."""
    encoded = json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")
    write_atomically(path, lambda file: file.write(encoded))


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is no such file or it is not a JSON object."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # the last: garbage may be nested without end
        return None
    return value if isinstance(value, dict) else None
