"""No number on the screen is written before it is known who reads it."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.messages.catalogue import ROOT

GEOMETRY = {"ui/charts/drawings.py", "ui/charts/figures.py", "ui/charts/vectors/points.py"}
"""Which write SVG and CSS: most of their numbers are places and sizes."""
SCREEN = sorted(
    path
    for part in ("ui", "pages")
    for path in (ROOT / part).rglob("*.py")
    if path.relative_to(ROOT).as_posix() not in GEOMETRY
)
FOR_PROGRAMS = {
    (
        "ui/screens/inspect/head/stages.py",
        "cell.weight",
    ),  # what the lines of Python beside it print
    ("ui/screens/runs/leaderboard.py", "compute"),  # taken apart, or a name in the address
    # These get their marks on the spot.
    ("ui/screens/inspect/take_home.py", "weights[row, column]"),
    ("ui/screens/inside/question.py", "100 * share"),
    ("ui/i18n.py", "moment"),
}
"""What is read by programs, or comes from one."""
MARKED = re.compile(r"[,%]|\.\d")
"""A format that writes marks, which differ between languages."""


def place(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SCREEN, ids=place)
def test_numbers_are_written_in_the_language_of_who_reads_them(path):
    found = set(written(path.read_text(encoding="utf-8")))
    wrong = [one for one in found if (place(path), one) not in FOR_PROGRAMS]
    assert not wrong, f"{place(path)}: use `ui.i18n.numeral`, or a number as a value, for {wrong}"


@pytest.mark.parametrize(
    "source",
    ['f"{loss:.4f}"', 'f"{count:,}"', '_("{loss}", loss=f"{loss:.{digits}f}")', "f'{share:.0%}'"],
)
def test_what_is_written_too_early_is_found(source):
    assert list(written(source))


@pytest.mark.parametrize(
    "source",
    ['float(f"{value:.3g}")', '_("{loss:.4f}", loss=loss)', 'f"{step:08d}"', 'f"{name!r}"',
     'numeral(loss, f".{digits}f")'],
)  # fmt: skip
def test_what_is_in_order_is_let_through(source):
    assert not list(written(source))


def written(source: str) -> Iterator[str]:
    """Each value that an f-string formats with marks, other than to round it."""
    tree = ast.parse(source)
    rounded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "float"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.format_spec and node not in rounded:
            spec = ast.unparse(node.format_spec)
            if MARKED.search(spec.replace("{", "0")):
                yield ast.unparse(node.value)
