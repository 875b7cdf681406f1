"""Turns at what only few can do at a time: who comes first is first, and nobody is long at it.

Without turns, somebody who asks for thousands of tokens keeps everybody else from their first one.
So whoever has had a turn gives the place up and goes to the end of the line, if anybody is in it.
Knows neither torch nor Streamlit.
"""

import threading
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True)
class Waiting:
    """Somebody else's turn."""

    before: int
    """How many have their turn now or before this one."""


class Turns:
    """A line before a number of places."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._line: deque[object] = deque()
        self._busy: set[object] = set()
        self._wanted: dict[object, int] = {}
        self._moved = threading.Condition()

    @property
    def is_idle(self) -> bool:
        """Whether nobody has a place or waits for one."""
        with self._moved:
            return not self._busy and not self._line

    def line_up(self, places: int = 1) -> object:
        """A ticket for the end of the line; `leave` it in any case.

        Who needs several places gets them together, and at most all there are.
        """
        ticket = object()
        with self._moved:
            self._wanted[ticket] = min(places, self._places)
            self._line.append(ticket)
        return ticket

    def before(self, ticket: object, patience: float) -> int:
        """Wait for a turn, at most so many seconds.

        Returns:
            How many are still before this one; 0 when its turn has come.
        """
        with self._moved:
            self._moved.wait_for(lambda: self._is_next(ticket), patience)
            if not self._is_next(ticket):
                return self._line.index(ticket) + len(self._busy)
            self._line.remove(ticket)
            self._busy.add(ticket)
            # Whoever is first now may find a free place too.
            self._moved.notify_all()
            return 0

    def pass_on(self, ticket: object) -> bool:
        """End a turn if anybody waits for it; whether somebody does."""
        with self._moved:
            if not self._line:
                return False
            self._busy.discard(ticket)
            self._line.append(ticket)
            self._moved.notify_all()
            return True

    def leave(self, ticket: object) -> None:
        """Give up a place, or one in the line."""
        with self._moved:
            self._busy.discard(ticket)
            self._wanted.pop(ticket, None)
            if ticket in self._line:
                self._line.remove(ticket)
            self._moved.notify_all()

    def _is_next(self, ticket: object) -> bool:
        taken = sum(self._wanted[other] for other in self._busy)
        return taken + self._wanted[ticket] <= self._places and self._line[0] is ticket


@contextmanager
def one_turn(turns: Turns, *, places: int, patience: float) -> Iterator[None]:
    """Wait for a turn that is over when the work in it is done."""
    ticket = turns.line_up(places)
    try:
        while turns.before(ticket, patience):
            pass
        yield
    finally:
        turns.leave(ticket)


def by_turns(
    turns: Turns,
    items: Iterator[Item],
    *,
    count: int,
    length: int,
    patience: float,
    places: int = 1,
) -> Generator[Item | Waiting, None, None]:
    """The items, `length` of them a turn; while others have theirs, where this one stands.

    Args:
        turns: the line, shared by all.
        items: what is made, each only when it is this one's turn.
        count: how many items there are at most.
        length: items a turn.
        patience: after how many seconds of waiting to say again where it stands. Whoever reads
            may leave at any item, and is then out of the line.
        places: how many places making them takes.
    """
    ticket = turns.line_up(places)
    try:
        is_waiting = True
        for done in range(0, count, length):
            if done:
                is_waiting = turns.pass_on(ticket)
            asked = 0.0  # who has to wait at all is told so at once
            while is_waiting and (before := turns.before(ticket, asked)):
                asked = patience
                yield Waiting(before)
            made, wanted = 0, min(length, count - done)
            for item in islice(items, wanted):
                made += 1
                yield item
            if made < wanted:
                return  # they ended, so there is nothing to wait for
    finally:
        turns.leave(ticket)
