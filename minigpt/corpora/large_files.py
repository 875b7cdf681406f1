"""Text files that are trained on where they lie, because they are too large to keep a copy of."""

import hashlib
from pathlib import Path

from minigpt.errors import CorpusError

LARGE_FILE_BYTES = 100_000_000
"""From here on a file is read piece by piece instead of being held in memory."""


def is_large(path: Path) -> bool:
    """Whether a file is too large to be held. False for what is not a file."""
    return path.is_file() and path.stat().st_size >= LARGE_FILE_BYTES


def sha256_of(path: Path) -> str:
    """Checksum of a file of any size.

    Raises:
        CorpusError: it is not there or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read: {error.strerror or error}. "
            "A run needs its text where it was when the run was created.",
            field="corpus",
        ) from error


def require_room(path: Path, context_length: int) -> None:
    """Refuse a file whose last 10 % cannot hold one window; bytes stand in for tokens.

    Raises:
        CorpusError: it is too small.
    """
    needed = 10 * (context_length + 1)
    if path.stat().st_size < needed:
        raise CorpusError(
            f"{path} has {path.stat().st_size:,} bytes; a context of {context_length:,} needs at "
            f"least {needed:,}. Use a longer text or a shorter context.",
            field="corpus",
        )
