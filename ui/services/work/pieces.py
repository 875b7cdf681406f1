"""One computation for all who wait for it, made in pieces that any of them makes.

Nobody owns it: whoever comes for a piece that is not there yet makes it, and whoever leaves leaves
what is made by then to the others. So nobody waits for somebody else longer than for a piece, and
what is computed ahead, with pauses, is taken over by the first one who needs it. Knows neither
torch nor Streamlit.
"""

import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

Piece = TypeVar("Piece")


class Pieces(Generic[Piece]):
    """What an iterator gives, for many readers, each of whom begins at the first piece."""

    def __init__(self, coming: Iterator[Piece]) -> None:
        self._coming: Iterator[Piece] | None = coming
        self._made: list[Piece] = []
        self._failed: BaseException | None = None
        self._making = threading.Lock()

    def __iter__(self) -> Iterator[Piece]:
        """All pieces in order; between two of them a reader may take its time, or leave.

        Raises:
            Exception: what making a piece raised, to every reader who gets that far.
        """
        place = 0
        while self._has(place):
            yield self._made[place]
            place += 1

    def _has(self, place: int) -> bool:
        if place < len(self._made):
            return True
        with self._making:
            if place < len(self._made):  # made by whoever was before
                return True
            if self._failed:
                # Else it would hold on to what every reader had in hand who was told of it.
                raise self._failed.with_traceback(None)
            return self._make()

    def _make(self) -> bool:
        if self._coming is None:
            return False
        try:
            self._made.append(next(self._coming))
        except StopIteration:
            self._coming = None  # and all that it held
            return False
        except BaseException as error:
            self._failed, self._coming = error, None
            raise
        return True
