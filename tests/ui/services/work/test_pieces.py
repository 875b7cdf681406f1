import threading

import pytest

from ui.services.work.pieces import Pieces


def counted(made, most=5):
    for number in range(most):
        made.append(number)
        yield number


def test_every_reader_sees_all_and_each_piece_is_made_once():
    made = []
    pieces = Pieces(counted(made))
    assert list(pieces) == list(pieces) == [0, 1, 2, 3, 4] == made


def test_who_leaves_leaves_what_is_made_to_the_others():
    made = []
    pieces = Pieces(counted(made))
    for piece in pieces:
        if piece == 2:
            break
    assert made == [0, 1, 2]
    assert list(pieces) == [0, 1, 2, 3, 4] == made


def test_many_readers_at_once_make_nothing_twice():
    made, seen = [], []
    pieces = Pieces(counted(made, most=200))
    readers = [threading.Thread(target=lambda: seen.append(list(pieces))) for _ in range(8)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert made == list(range(200))
    assert seen == [made] * 8


def test_what_goes_wrong_is_told_to_every_reader():
    def broken():
        yield 1
        raise ValueError("no more")

    pieces = Pieces(broken())
    for _ in range(2):
        reader = iter(pieces)
        assert next(reader) == 1
        with pytest.raises(ValueError, match="no more"):
            next(reader)


def test_an_error_holds_on_to_none_of_those_who_were_told():
    def broken():
        yield 1
        raise ValueError("no more")

    pieces, depths = Pieces(broken()), []
    for _ in range(3):
        with pytest.raises(ValueError, match="no more") as told:
            list(pieces)
        depths.append(len(told.traceback))
    assert depths[2] == depths[1]
