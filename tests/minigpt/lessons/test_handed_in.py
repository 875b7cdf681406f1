import csv
import io

import pytest

from minigpt.errors import MiniGPTError
from minigpt.lessons.handed_in import (
    LARGEST_BYTES,
    LARGEST_HEAD,
    GuessedStep,
    as_csv,
    read_report,
    report_tag,
)
from minigpt.wording import FORMULA

LONGEST = 1000
"""Characters of an answer, as the app takes it."""
STEPS = [
    GuessedStep(name="a/b", is_right=True), GuessedStep(name="a/c", is_right=False),
    GuessedStep(name="a/d", is_right=None),
]  # fmt: skip


def a_page(mark):
    return f"<!doctype html><html><head>{mark}</head><body>…</body></html>".encode()


def test_what_was_said_comes_back_as_it_was():
    before, after = 'It "thinks" <b>wrong</b> & é', "The text it learnt from;\nnothing else"
    found = read_report(a_page(report_tag(before, after, STEPS)))
    assert (found.before, found.after) == (before, after)
    assert (found.steps, found.guessed, found.right) == (3, 2, 1)


@pytest.mark.parametrize(
    "mark",
    ["", '<meta name="minigpt-lessons">', '<meta name="minigpt-lessons" content="[1]">',
     '<meta name="minigpt-lessons" content="{">',
     '<meta name="minigpt-lessons" content="' + "[" * 100_000 + '">'],
    ids=["none", "empty", "a list", "broken", "deep"],
)  # fmt: skip
def test_another_page_is_no_report(mark):
    with pytest.raises(MiniGPTError, match="no report of the lessons"):
        read_report(a_page(mark))


def test_a_report_may_hold_anything_and_very_large_ones_are_not_read():
    odd = '{"before": 7, "after": "x", "steps": [1, {"is_right": "yes"}, {"is_right": true}]}'
    found = read_report(a_page(f"<meta name='minigpt-lessons' content='{odd}'>"))
    assert (found.before, found.after) == ("", "x")
    assert (found.steps, found.guessed, found.right) == (2, 1, 1)
    page = a_page(report_tag("", "", []))
    padding = b" " * (LARGEST_BYTES - len(page))
    assert read_report(page + padding).steps == 0
    with pytest.raises(MiniGPTError):
        read_report(page + padding + b" ")


def test_only_the_head_is_read_and_the_longest_report_has_its_tag_there():
    """The rest of a page may be five million opening brackets, which take seconds."""
    longest = '"' * LONGEST
    steps = [GuessedStep(name="a lesson with a name/and a step with one", is_right=None)] * 300
    found = read_report(a_page(f"<title>My answers</title>{report_tag(longest, longest, steps)}"))
    assert (found.before, found.steps) == (longest, 300)
    with pytest.raises(MiniGPTError):
        read_report(b" " * LARGEST_HEAD + a_page(report_tag("", "", [])))


def test_no_cell_of_the_table_is_a_formula():
    written = as_csv([["file", "before"], ["=1+1.html", '-cmd|" "\nmore'], ["a", 3]])
    assert list(csv.reader(io.StringIO(written))) == [
        ["file", "before"], ["'=1+1.html", "'-cmd|\" \"\nmore"], ["a", "3"],
    ]  # fmt: skip


@pytest.mark.parametrize("comma", [",", ";", "\t"])
def test_no_part_of_an_answer_is_a_formula_where_other_marks_part_cells(comma):
    written = as_csv([["a.html", 3, 'before;=1+1;after\t=2\n=3\n"=3', "more;-4"]])
    rows = csv.reader(io.StringIO(written, newline=""), delimiter=comma)
    assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
