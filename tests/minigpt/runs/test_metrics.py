import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.runs.tail import MetricsTail


@pytest.fixture
def file(tmp_path):
    return tmp_path / "metrics.jsonl"


def append(file, *rows):
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)


def test_a_file_that_is_not_there_has_no_rows(file):
    assert MetricsTail(file).refresh() == []


def test_rows_come_as_they_are_written(file):
    tail = MetricsTail(file)
    append(file, {"step": 0}, {"step": 1})
    assert tail.refresh() == [{"step": 0}, {"step": 1}]
    append(file, {"step": 2})
    assert tail.refresh() == [{"step": 0}, {"step": 1}, {"step": 2}]
    assert tail.refresh() == [{"step": 0}, {"step": 1}, {"step": 2}]


def test_only_what_is_new_is_read(file):
    tail = MetricsTail(file)
    append(file, {"step": 0}, {"step": 1})
    tail.refresh()
    # Whoever read the beginning again would stumble over it now.
    with file.open("r+b") as stream:
        stream.write(b"#" * 10)
    append(file, {"step": 2})
    assert tail.refresh() == [{"step": 0}, {"step": 1}, {"step": 2}]


def test_a_half_written_line_waits_for_its_end(file):
    tail = MetricsTail(file)
    file.write_bytes(b'{"step": 0}\n{"text": "\xc3')
    assert tail.refresh() == [{"step": 0}]
    with file.open("ab") as stream:
        stream.write(b'\xa4"}\n')
    assert tail.refresh() == [{"step": 0}, {"text": "ä"}]


def test_a_damaged_line_costs_itself_only(file):
    file.write_bytes(b'{"step": 0}\n{"step"\n\n[1]\n{"text": "a\xe2\x80\xa8b"}\n')
    assert MetricsTail(file).refresh() == [{"step": 0}, {"text": "a\u2028b"}]


def test_a_file_that_was_cut_short_is_read_from_its_start(file):
    tail = MetricsTail(file)
    append(file, {"step": 0}, {"step": 1}, {"step": 2})
    tail.refresh()
    file.write_bytes(b'{"step": 9}\n')
    assert tail.refresh() == [{"step": 9}]


def test_a_file_that_vanished_leaves_what_was_read(file):
    tail = MetricsTail(file)
    append(file, {"step": 0})
    tail.refresh()
    file.unlink()
    assert tail.refresh() == [{"step": 0}]


@given(st.lists(st.integers(1, 5), max_size=20), st.binary(max_size=30))
def test_rows_are_the_same_however_the_writing_was_cut(tmp_path_factory, cuts, noise):
    file = tmp_path_factory.mktemp("cut") / "metrics.jsonl"
    whole = b"".join(b'{"step": %d}\n' % number for number in range(8)) + noise
    tail, written = MetricsTail(file), 0
    for cut in [*cuts, len(whole)]:
        with file.open("ab") as stream:
            stream.write(whole[written : written + cut])
        written += cut
        tail.refresh()
    assert list(tail.rows) == list(MetricsTail(file).refresh())
    assert tail.rows[:8] == [{"step": number} for number in range(8)]
