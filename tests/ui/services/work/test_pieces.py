import contextlib
import threading
import weakref
from functools import partial

import pytest

from ui.services.work.pieces import Pieces


def counted(made, most=5):
    for number in range(most):
        made.append(number)
        yield number


def test_every_reader_sees_all_and_each_piece_is_made_once():
    made = []
    pieces = Pieces(lambda: counted(made))
    assert list(pieces) == list(pieces) == [0, 1, 2, 3, 4] == made


def test_who_leaves_leaves_what_is_made_to_the_others():
    made = []
    pieces = Pieces(lambda: counted(made))
    for piece in pieces:
        if piece == 2:
            break
    assert made == [0, 1, 2]
    assert list(pieces) == [0, 1, 2, 3, 4] == made


def test_many_readers_at_once_make_nothing_twice():
    made, seen = [], []
    pieces = Pieces(lambda: counted(made, most=200))
    readers = [threading.Thread(target=lambda: seen.append(list(pieces))) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert made == list(range(200))
    assert seen == [made] * 8


def broken():
    yield 1
    raise ValueError("no more")


def test_what_goes_wrong_is_told_to_every_reader_who_waits_for_it():
    tries = []

    def coming():
        tries.append(1)
        yield from broken()

    pieces = Pieces(coming)
    readers = [iter(pieces) for _ in range(2)]
    assert [next(reader) for reader in readers] == [1, 1]
    for reader in readers:
        with pytest.raises(ValueError, match="no more"):
            next(reader)
    assert len(tries) == 1


def test_who_comes_after_an_error_that_has_passed_gets_all_pieces():
    made, tries = [], []

    def passing():
        tries.append(1)
        for number in counted(made):
            if number == 3 and len(tries) == 1:
                raise MemoryError
            yield number

    pieces = Pieces(passing)
    with pytest.raises(MemoryError):
        list(pieces)
    reader = iter(pieces)
    assert [next(reader) for _ in range(3)] == [0, 1, 2]
    assert len(tries) == 1, "what was made before the error is kept"
    assert list(reader) == [3, 4]
    assert list(pieces) == [0, 1, 2, 3, 4]
    assert len(tries) == 2


def test_an_error_that_has_passed_is_told_to_nobody_any_more():
    tries = []

    def passing():
        tries.append(1)
        yield 1
        if len(tries) == 1:
            raise MemoryError
        yield 2

    pieces = Pieces(passing)
    slow, first = iter(pieces), iter(pieces)
    assert next(slow) == next(first) == 1
    with pytest.raises(MemoryError):
        next(first)
    assert list(pieces) == [1, 2]
    assert list(slow) == [2]


def test_who_tries_again_has_the_room_of_what_failed():
    class Weights:
        pass

    held, rooms = [], []

    def learning():
        rooms.append([weights() is None for weights in held])
        weights = Weights()
        held.append(weakref.ref(weights))
        if len(held) == 1:
            raise MemoryError
        yield 1

    pieces = Pieces(learning)
    with contextlib.suppress(MemoryError):
        next(iter(pieces))
    assert list(pieces) == [1]
    assert rooms == [[], [True]]


def test_what_is_complete_holds_on_to_nothing_that_made_it():
    class Text:
        pass

    def read(text):
        yield 1

    text = Text()
    seen, pieces = weakref.ref(text), Pieces(partial(read, text))
    del text
    assert list(pieces) == [1]
    assert seen() is None


def test_an_error_holds_on_to_none_of_those_who_were_told():
    pieces, depths = Pieces(broken), []
    readers = [iter(pieces) for _ in range(3)]
    for reader in readers:
        assert next(reader) == 1
    for reader in readers:
        with pytest.raises(ValueError, match="no more") as told:
            list(reader)
        depths.append(len(told.traceback))
    assert depths[2] == depths[1]
