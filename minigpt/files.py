"""Files that are either whole or not there, whatever stops the writer."""

import errno
import json
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from minigpt.errors import MiniGPTError


@contextmanager
def explained(
    template: str, *, kind: type[MiniGPTError], field: str | None = None, **values: object
) -> Iterator[None]:
    """Where the system refuses in this block, raise an error that says to people what to do.

    Args:
        template: the sentence of the error, in which {reason} stands for what the system said.
        kind: of the error.
        field: the setting that it belongs to, if any.
        values: what else fills the template.
    """
    try:
        yield
    except OSError as error:
        raise kind(template, field=field, reason=error.strerror or error, **values) from error


@contextmanager
def removed_on_failure(folder: Path) -> Iterator[None]:
    """Remove a folder if this block fails, whatever stopped it."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


SUFFIX_DIGITS = 8
"""Of the name of a temporary file, so that two writers never share one."""


@contextmanager
def open_atomically(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path`, which takes its place at once when the block ends well.

    Raises:
        OSError: the disk refused; what was at `path` before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(SUFFIX_DIGITS // 2)}")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        # What stopped the writer is told, whether or not there is something left to remove.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in its place at once.

    Raises:
        OSError: the disk refused; what was at `path` before is untouched.
    """
    with open_atomically(path) as file:
        write(file)


def remove_unfinished(
    folder: Path, name: str = "*", *, older_than_seconds: float | None = None
) -> None:
    """Remove what a writer of `name` left in a folder when it was ended in the middle.

    Args:
        folder: where it wrote.
        name: the file's; may hold wildcards.
        older_than_seconds: leaves what was written to since then, which another writer may still
            be filling. None is for the only writer alone.
    """
    for path in folder.glob(f".{name}.{'[0-9a-f]' * SUFFIX_DIGITS}"):
        with suppress(OSError):
            if older_than_seconds is None or _seconds_since(path) > older_than_seconds:
                path.unlink()


def _seconds_since(path: Path) -> float:
    return time.time() - path.stat().st_mtime


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically, readable by people."""
    encoded = encode_json(value)
    write_atomically(path, lambda file: file.write(encoded))


def encode_json(value: Any) -> bytes:
    """What a JSON file holds of a value."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")


LARGEST_JSON = 2**20
"""Bytes of a JSON file, unless who reads it knows that it may have more."""


@contextmanager
def open_plain(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading that comes to an end; in whose place there may be anything.

    Raises:
        OSError: it is not there, may not be read, or is no plain file: a pipe would be waited for
            without end, and a device may give bytes without end.
    """
    # Without waiting, since a pipe is not opened before somebody writes to it.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "Not a plain file", str(path))
    with os.fdopen(handle, "rb") as file:
        yield file


def end_of(path: Path, most_bytes: int) -> bytes:
    """The last bytes of a file that may be of any length.

    Raises:
        OSError: as `open_plain`.
    """
    with open_plain(path) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - most_bytes))
        return file.read(most_bytes)


def read_json(path: Path, *, largest_bytes: int = LARGEST_JSON) -> dict[str, Any] | None:
    """The object in a JSON file; None if there is no such file or it is not a JSON object.

    Nothing is read of a file that is larger than `largest_bytes`: reading costs many times as much.
    """
    try:
        with open_plain(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > largest_bytes:
                return None
            value = json.loads(file.read(size).decode("utf-8"))
    except (OSError, ValueError, RecursionError):  # the last: garbage may be nested without end
        return None
    return value if isinstance(value, dict) else None
