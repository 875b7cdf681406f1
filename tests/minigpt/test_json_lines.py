import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt import json_lines
from minigpt.json_lines import LONGEST_LINE_BYTES, PIECE_BYTES, LinesTail, parse_line


@pytest.fixture
def file(tmp_path):
    return tmp_path / "rows.jsonl"


def line(**values):
    return json.dumps(values) + "\n"


def append(file, *rows):
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(line(**row) for row in rows)


def news(tail):
    """The new rows, and whether they begin the file anew."""
    pieces = list(tail.pieces())
    assert not any(piece.is_restart for piece in pieces[1:])
    return [row for piece in pieces for row in piece.rows], any(one.is_restart for one in pieces)


def steps(tail):
    return [row["step"] for row in tail.rows()]


def test_rows_come_as_they_are_written(file):
    tail = LinesTail(file)
    append(file, {"step": 0}, {"step": 1})
    assert news(tail) == ([{"step": 0}, {"step": 1}], False)
    append(file, {"step": 2})
    assert news(tail) == ([{"step": 2}], False)
    assert news(tail) == ([], False)


def test_a_file_that_is_not_there_yet_or_no_longer_has_no_news(file):
    tail = LinesTail(file)
    assert news(tail) == ([], False)
    append(file, {"step": 1})
    assert news(tail) == ([{"step": 1}], False)
    file.unlink()
    assert news(tail) == ([], False)


def test_only_what_was_appended_is_read(file, monkeypatch):
    append(file, *({"step": step} for step in range(1000)))
    tail, read = LinesTail(file), []
    assert len(steps(tail)) == 1000
    monkeypatch.setattr(json_lines, "parse_line", lambda one: read.append(one) or {"step": -1})
    append(file, {"step": 1000})
    steps(tail)
    assert read == [b'{"step": 1000}\n']


def test_a_half_written_line_waits_for_its_end(file):
    tail = LinesTail(file)
    file.write_bytes(b'{"step": 0}\n{"text": "\xc3')
    assert news(tail) == ([{"step": 0}], False)
    with file.open("ab") as stream:
        stream.write(b'\xa4"}\n')
    assert news(tail) == ([{"text": "ä"}], False)


def test_a_damaged_line_costs_itself_only(file):
    file.write_bytes(b'{"step": 0}\n{"step"\n\n[1]\n{"text": "a\xe2\x80\xa8b"}\n')
    assert news(LinesTail(file)) == ([{"step": 0}, {"text": "a\u2028b"}], False)


def test_a_file_that_was_cut_short_is_read_from_its_start(file):
    tail = LinesTail(file)
    append(file, {"step": 0}, {"step": 1}, {"step": 2})
    steps(tail)
    file.write_bytes(b'{"step": 9}\n')
    assert news(tail) == ([{"step": 9}], True)
    file.write_bytes(b"")
    assert news(tail) == ([], True)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("longer", [0, 5])
def test_a_file_that_was_replaced_is_read_from_its_start(file, tmp_path, longer, in_place):
    append(file, {"step": 1}, {"step": 2})
    tail = LinesTail(file)
    assert steps(tail) == [1, 2]
    target = file if in_place else tmp_path / "new"
    target.write_text("".join(line(step=step) for step in range(7, 9 + longer)), "utf-8")
    target.replace(file)
    expected = [{"step": step} for step in range(7, 9 + longer)]
    assert news(tail) == (expected, True)
    append(file, {"step": 20})
    assert news(tail) == ([{"step": 20}], False)


@given(st.lists(st.integers(1, 60), max_size=12), st.binary(max_size=30))
def test_rows_come_once_and_whole_however_the_writing_was_cut(tmp_path_factory, cuts, noise):
    file = tmp_path_factory.mktemp("cut") / "rows.jsonl"
    whole = "".join(line(step=step, text="é") for step in range(20)).encode() + noise
    tail, seen, left = LinesTail(file), [], whole
    for cut in [*cuts, len(whole)]:
        with file.open("ab") as stream:
            stream.write(left[:cut])
        left = left[cut:]
        rows, is_restart = news(tail)
        assert not is_restart
        seen += rows
    assert [row["step"] for row in seen[:20]] == list(range(20))
    assert seen == list(LinesTail(file).rows())


@pytest.mark.parametrize("before", [0, 1, 7])
@pytest.mark.parametrize("times", [1, 2.5])
def test_a_line_that_is_too_long_costs_itself_only(file, before, times):
    tail = LinesTail(file)
    append(file, *({"step": step} for step in range(before)))
    with file.open("ab") as stream:
        stream.write(b'{"text": "' + b"x" * int(times * LONGEST_LINE_BYTES))
    assert steps(tail) == list(range(before))
    with file.open("ab") as stream:
        stream.write(b'"}\n')
    append(file, {"step": before})
    assert steps(tail) == [before]


def test_a_large_file_is_read_in_pieces(file):
    row = line(step=1, text="x" * 1000)
    file.write_text(row * (8 * PIECE_BYTES // len(row)), "utf-8")
    tracemalloc.start()
    rows = sum(len(piece.rows) for piece in LinesTail(file).pieces())
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 8 * PIECE_BYTES // len(row)
    assert most < 4 * PIECE_BYTES


@pytest.mark.parametrize("damaged", [b"", b"{", b"[1]", b"3", b"null", b'"text"', b"[" * 100_000])
def test_a_line_that_is_no_object_is_none(damaged):
    assert parse_line(damaged) is None


def test_a_line_is_its_object():
    assert parse_line(json.dumps({"a": [1]}).encode()) == {"a": [1]}
