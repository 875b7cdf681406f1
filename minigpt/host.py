"""The machine that a run is on, as far as it is asked: the time, and room on the disk.

Both are handed in, as a `Host`, to the folder of runs (`minigpt.runs.store.RunStore`), and come
from there to whatever stamps a file, judges how old one is or needs room for one. The third thing
that is handed in is what starts a process: `minigpt.jobs.processes.Launcher`.

Room is asked for before it is needed, and a full disk is recognised when it is met nevertheless.
"""

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigpt.errors import DiskFullError
from minigpt.files import encode_json
from minigpt.sentences import Sentence

MARGIN_BYTES = 16 * 2**20
"""What is left free for everybody's small files."""
RESERVE_BYTES = 64 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_IN_WORDS = ("no space left on device", "os error 28", "disk quota exceeded")
"""How libraries say it that raise errors of their own."""


def free_bytes(folder: Path) -> int:
    """How much can still be written to the volume of a folder, which has to be there."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True)
class Host:
    """What a machine answers. Spans that one process measures need none: it has its own clock."""

    now: Callable[[], float] = time.time
    """Seconds since the epoch, as all processes of the machine count them."""
    free_bytes: Callable[[Path], int] = free_bytes
    """As the function of this name, of a folder that is there."""


THIS_HOST = Host()


def require_space(folder: Path, needed_bytes: int, host: Host = THIS_HOST) -> None:
    """Refuse if the volume that `folder` is on cannot take `needed_bytes` and a margin.

    Raises:
        DiskFullError: it cannot; says how much is there and how much is needed.
    """
    if message := shortage(folder, needed_bytes, host):
        raise DiskFullError(message)


def shortage(folder: Path, needed_bytes: int = 0, host: Host = THIS_HOST) -> str | None:
    """Why `needed_bytes` do not fit on the volume of `folder`, in words; None if they do.

    A folder that is not there yet counts as its nearest parent that is.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free, wanted = host.free_bytes(there), needed_bytes + MARGIN_BYTES
    if free >= wanted:
        return None
    return Sentence(
        "The disk is nearly full: {free} are free and {needed} are needed. Delete runs or other "
        "files; nothing saved is lost.",
        free=_megabytes(free),
        needed=_megabytes(wanted),
    )


def is_full(error: BaseException) -> bool:
    """Whether an error, or one that it came from, says that there is no room left."""
    return any(
        isinstance(one, DiskFullError)
        or (isinstance(one, OSError) and one.errno in FULL)
        or any(words in str(one).lower() for words in FULL_IN_WORDS)
        for one in _causes(error)
    )


def full_reason(error: BaseException) -> str:
    """What a full disk means for a run, in words for people."""
    if isinstance(error, DiskFullError):
        return error.message
    return Sentence(
        "There is no room left on the disk. Delete runs or other files, then resume this run; it "
        "goes on from what it saved last."
    )


def lay_reserve(path: Path) -> None:
    """Fill a file whose removal makes room for a run's last words. Leaves one that is there.

    Raises:
        OSError: there is no room even for that.
    """
    if path.exists() and path.stat().st_size >= RESERVE_BYTES:
        return
    try:
        with path.open("wb") as file:
            # Noise, because some file systems store nothing for zeros.
            file.write(os.urandom(RESERVE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        release_reserve(path)
        raise


def spend_reserve(reserve: Path, path: Path, value: Any) -> None:
    """Write a JSON file into the reserve and put it in its place: no new room is asked for.

    Raises:
        OSError: there is no reserve, or the file system does not write over what is there.
    """
    with reserve.open("r+b") as file:
        file.write(encode_json(value))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    reserve.replace(path)


def release_reserve(path: Path) -> None:
    """Give the reserved room back."""
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _megabytes(size: int) -> Sentence:
    return Sentence("{amount:,.0f} MB", amount=size / 2**20)
