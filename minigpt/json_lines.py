"""A file of JSON objects, one a line, read on as it grows."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from minigpt.files import open_plain

PIECE_BYTES = 1_000_000
"""How much of a file is read before its rows are handed on."""
LONGEST_LINE_BYTES = 1_000_000
"""Of a longer line nothing is kept; nothing that is written here comes near."""
ENDING_BYTES = 256


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Some rows of a file, in order."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    is_restart: bool = False
    """Whether they begin the file anew: what was read before is not in it any more."""


@dataclass
class LinesTail:
    """Follows one file. A half-written last line waits for its end, a damaged one is left out.

    Not for two threads at once: whoever shares one guards it.
    """

    path: Path
    without: bytes = b""
    """What marks a line that nobody needs: it is left out before it is parsed, which is fast."""
    _offset: int = 0
    _identity: tuple[int, int] | None = None
    _ending: bytes = b""
    """The end of what was read last, by which the file is known again."""
    _is_skipping: bool = False
    """Whether the line at the offset goes on from a piece of it that was dropped."""

    def pieces(self) -> Iterator[Piece]:
        """What is new since the last time, in pieces of about `PIECE_BYTES`."""
        try:
            with open_plain(self.path) as file:
                yield from self._pieces(file)
        except OSError:  # not there yet, or no longer
            return

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every new row, for whoever does not mind whether the file was replaced."""
        for piece in self.pieces():
            yield from piece.rows

    def _pieces(self, file: BinaryIO) -> Iterator[Piece]:
        rows, taken, is_restart = [], 0, self._is_replaced(file)
        if is_restart:
            self._offset, self._ending, self._is_skipping = 0, b"", False
        file.seek(self._offset)
        while line := file.readline(LONGEST_LINE_BYTES):
            is_ended = line.endswith(b"\n")
            if not is_ended and len(line) < LONGEST_LINE_BYTES:
                break
            is_wanted = is_ended and not self._is_skipping
            is_wanted = is_wanted and not (self.without and self.without in line)
            if is_wanted and (row := parse_line(line)):
                rows.append(row)
            self._offset += len(line)
            self._ending, self._is_skipping = line[-ENDING_BYTES:], not is_ended
            taken += len(line)
            if taken >= PIECE_BYTES:
                yield Piece(rows=rows, is_restart=is_restart)
                rows, taken, is_restart = [], 0, False
        if rows or is_restart:
            yield Piece(rows=rows, is_restart=is_restart)

    def _is_replaced(self, file: BinaryIO) -> bool:
        """Whether another file has the name now, or the same one was written from its start."""
        about = os.fstat(file.fileno())
        identity, known = (about.st_dev, about.st_ino), self._identity
        self._identity = identity
        if known not in {None, identity} or about.st_size < self._offset:
            return True
        file.seek(self._offset - len(self._ending))
        return file.read(len(self._ending)) != self._ending


def parse_line(line: bytes) -> dict[str, Any] | None:
    """The object on one line; None where the line is damaged."""
    try:
        value = json.loads(line.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):  # the last: garbage may be nested without end
        return None
    return value if isinstance(value, dict) else None
