"""One computation for all who wait for it, made in pieces that any of them makes.

Nobody owns it: whoever comes for a piece that is not there yet makes it, and whoever leaves leaves
what is made by then to the others. So nobody waits for somebody else longer than for a piece, and
what is computed ahead, with pauses, is taken over by the first one who needs it. What went wrong
is told to all who waited for it; who comes later tries again, for it may have passed. Knows neither
torch nor Streamlit.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

Piece = TypeVar("Piece")


class Pieces(Generic[Piece]):
    """What an iterator gives, for many readers, each of whom begins at the first piece.

    Args:
        begin: Gives the iterator; once more after each failure, and then again the same pieces.
    """

    def __init__(self, begin: Callable[[], Iterator[Piece]]) -> None:
        self._begin: Callable[[], Iterator[Piece]] | None = begin
        self._coming: Iterator[Piece] | None = None
        self._made: list[Piece] = []
        self._failed: BaseException | None = None
        self._failures = 0
        self._repeated = 0
        self._making = threading.Lock()

    def __iter__(self) -> Iterator[Piece]:
        """All pieces in order; between two of them a reader may take its time, or leave.

        Raises:
            Exception: what making a piece raised, to every reader who had begun by then and gets
                that far.
        """
        place, failures = 0, self._failures
        while self._has(place, failures):
            yield self._made[place]
            place += 1

    def _has(self, place: int, failures: int) -> bool:
        while place >= len(self._made):
            with self._making:
                if place < len(self._made):  # made by whoever was before
                    break
                if self._failed and self._failures > failures:
                    # Else it would hold on to what every reader had in hand who was told of it.
                    raise self._failed.with_traceback(None)
                if not self._make():
                    return False
        return True

    def _make(self) -> bool:
        """One piece, or once more one that was made before the last failure; False at the end."""
        if self._begin is None:
            return False
        if self._coming is None:
            self._let_go_of_failure()
            self._coming, self._repeated = self._begin(), 0
        try:
            piece = next(self._coming)
        except StopIteration:
            self._begin = self._coming = self._failed = None  # and all that they held
            return False
        except BaseException as error:
            self._failed, self._coming, self._failures = error, None, self._failures + 1
            raise
        if self._repeated < len(self._made):
            self._repeated += 1
        else:
            self._made.append(piece)
            self._repeated, self._failed = len(self._made), None
        return True

    def _let_go_of_failure(self) -> None:
        """Of what was in hand when it failed, or there would be no room to try again."""
        if self._failed:
            self._failed.with_traceback(None)
