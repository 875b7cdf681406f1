"""What documents and docstrings name is there, where they say it is."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("minigpt", "ui", "pages", "benchmarks", "tests")
FILE = re.compile(r"(?<![\w/.:-])((?:[\w-]+/)+[\w-]+\.(?:py|md|js|css|toml|po))\b")
"""A file with at least one folder before it, from whatever folder it is named."""
NAME = re.compile(rf"`((?:{'|'.join(CODE)})(?:\.\w+)+)(?:\([^`]*\))?`")
"""A module of ours, or something in it."""
MADE_UP = {"toy", "test_toy", "minigpt.po"}
"""The example's files are the reader's to write, and LANGUAGE stands for any."""
TEXTS = [
    *(path for path in sorted(ROOT.glob("*.md")) if path.name != "CHANGELOG.md"),
    *sorted(ROOT.glob("docs/**/*.md")),
    ROOT / "checkpoints" / "README.md",
    ROOT / "app.py",
    *(path for folder in CODE[:-1] for path in sorted((ROOT / folder).rglob("*.py"))),
]


def test_every_file_that_is_named_is_there():
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in (*CODE, "docs", "checkpoints")
        for path in (ROOT / folder).rglob("*.*")
    }
    # "layers/attention.py" is as good as the whole path, where no more is needed to find it.
    ends = {path[start:] for path in there for start in starts_of_names(path)}
    require_none([
        f"{text.relative_to(ROOT)} names {name}"
        for text in TEXTS
        for name in FILE.findall(text.read_text(encoding="utf-8"))
        if name not in ends and not MADE_UP & {Path(name).stem, Path(name).name}
    ])  # fmt: skip


def test_every_name_of_ours_stands_where_it_is_said_to():
    require_none([
        f"{text.relative_to(ROOT)} names {name}"
        for text in TEXTS
        for name in NAME.findall(text.read_text(encoding="utf-8"))
        if not is_there(name)
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("minigpt.runs.store", True),
        ("minigpt.runs.store.RunStore", True),
        ("minigpt.open_run", True),
        ("minigpt.runs.stores", False),
        ("minigpt.runs.store.RunShop", False),
    ],
)
def test_the_reader_of_names_tells_what_is_there(name, expected):
    assert is_there(name) is expected


def starts_of_names(path: str) -> list[int]:
    return [0, *(place + 1 for place, letter in enumerate(path) if letter == "/")]


def is_there(name: str) -> bool:
    """Whether there is such a module, or the longest one that there is has the next word."""
    words = name.split(".")
    for count in range(len(words), 0, -1):
        file = ROOT.joinpath(*words[:count])
        for path in (file.with_suffix(".py"), file / "__init__.py"):
            if path.exists():
                return count == len(words) or words[count] in written_in(path)
    return False


@cache
def written_in(path: Path) -> frozenset[str]:
    """Every name that a module gives to something, and every word that it holds as text."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
                found |= {name, getattr(node, "asname", None) or name}
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.Constant(value=str(text)) if path == ROOT / "minigpt" / "__init__.py":
                found.add(text)  # the table of what it offers
    return frozenset(found)


def require_none(violations: list[str]) -> None:
    assert not violations, "\n".join(violations)
