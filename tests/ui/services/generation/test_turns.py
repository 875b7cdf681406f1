import threading
import time
from itertools import count, islice

import pytest

from ui.services.generation.turns import Turns, Waiting, by_turns

PATIENCE = 5.0


def visit(turns, name, items=6, length=2, patience=PATIENCE):
    made = ((name, number) for number in range(items))
    return by_turns(turns, made, count=items, length=length, patience=patience)


def test_alone_nobody_waits():
    turns = Turns(1)
    assert list(visit(turns, "a")) == [("a", number) for number in range(6)]
    assert turns.is_idle


def test_who_has_to_wait_is_told_at_once_how_many_are_before():
    turns = Turns(2)
    writing = [visit(turns, name, patience=0.01) for name in "ab"]
    assert [next(one) for one in writing] == [("a", 0), ("b", 0)]
    waiting = [visit(turns, name, patience=0.01) for name in "cde"]
    assert [next(one) for one in waiting] == [Waiting(2), Waiting(3), Waiting(4)]
    waiting[0].close()  # who leaves the line is before nobody
    assert [next(one) for one in waiting[1:]] == [Waiting(2), Waiting(3)]
    writing[0].close()
    assert next(waiting[1]) == ("d", 0)
    assert next(waiting[2]) == Waiting(2)
    for one in (*writing, *waiting):
        one.close()
    assert turns.is_idle


@pytest.mark.parametrize("places", [1, 3])
@pytest.mark.timeout(30)
def test_whoever_came_first_goes_first_and_nobody_is_passed_over(places):
    turns, order, lock = Turns(places), [], threading.Lock()
    visitors, begun = "abcdefgh", threading.Barrier(9)
    gate = [turns.line_up() for _ in range(places)]
    assert all(turns.before(ticket, PATIENCE) == 0 for ticket in gate)

    def read(name, pieces):
        assert isinstance(next(pieces), Waiting)
        begun.wait()
        for item in pieces:
            if not isinstance(item, Waiting):
                with lock:
                    order.append(item)

    # All are in line, in this order, before the first has a turn.
    threads = []
    for place, name in enumerate(visitors):
        pieces = visit(turns, name)
        thread = threading.Thread(target=read, args=(name, pieces))
        thread.start()
        threads.append(thread)
        while len(turns._line) <= place:
            time.sleep(0.001)
    begun.wait()
    for ticket in gate:
        turns.leave(ticket)
    for thread in threads:
        thread.join()
    assert turns.is_idle
    assert sorted(order) == [(name, number) for name in visitors for number in range(6)]
    # A turn is two items: nobody has a third before everybody has had a first.
    first = {name: order.index((name, 0)) for name in visitors}
    third = min(order.index((name, 2)) for name in visitors)
    assert max(first.values()) < third + places
    if places == 1:
        assert sorted(visitors, key=first.get) == list(visitors)


@pytest.mark.timeout(30)
def test_a_failure_gives_the_place_back():
    turns = Turns(1)

    def broken():
        yield 1
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        list(by_turns(turns, broken(), count=9, length=4, patience=PATIENCE))
    assert turns.is_idle
    assert list(visit(turns, "b", items=1)) == [("b", 0)]


def test_what_was_never_read_was_never_in_line():
    turns = Turns(1)
    pieces = visit(turns, "a")
    assert turns.is_idle
    pieces.close()
    assert turns.is_idle


def test_no_more_is_made_than_is_asked_for():
    turns, endless = Turns(1), count()
    assert list(by_turns(turns, endless, count=5, length=4, patience=PATIENCE)) == [0, 1, 2, 3, 4]
    assert next(islice(endless, 1)) == 5
