"""Room on the disk: asked for before it is needed, and recognised when it is gone."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from minigpt.errors import DiskFullError
from minigpt.sentences import Sentence

MARGIN_BYTES = 16 * 2**20
"""What is left free for everybody's small files."""
RESERVE_BYTES = 64 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_IN_WORDS = ("no space left on device", "os error 28", "disk quota exceeded")
"""How libraries say it that raise errors of their own."""


def require_space(folder: Path, needed_bytes: int) -> None:
    """Refuse if the volume that `folder` is on cannot take `needed_bytes` and a margin.

    Raises:
        DiskFullError: it cannot; says how much is there and how much is needed.
    """
    if message := shortage(folder, needed_bytes):
        raise DiskFullError(message)


def shortage(folder: Path, needed_bytes: int = 0) -> str | None:
    """Why `needed_bytes` do not fit on the volume of `folder`, in words; None if they do.

    A folder that is not there yet counts as its nearest parent that is.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free, wanted = shutil.disk_usage(there).free, needed_bytes + MARGIN_BYTES
    if free >= wanted:
        return None
    return Sentence(
        "The disk is nearly full: {folder} has {free} free and {needed} are "
        "needed. Delete runs or other files; nothing saved is lost.",
        folder=folder,
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


def full_reason(error: BaseException, folder: Path) -> str:
    """What a full disk means for a run, in words for people."""
    if isinstance(error, DiskFullError):
        return error.message
    return Sentence(
        "There is no room left on the disk of {folder}. Delete runs or other files, then "
        "resume this run; it goes on from what it saved last.",
        folder=folder,
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
