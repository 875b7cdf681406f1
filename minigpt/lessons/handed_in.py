"""Reports of the lessons that a class hands in, as one table for who teaches it.

A report is a page to print. In its head stands the same once more for programs: what was said
before and after the lessons, and each guess with what came out. Nothing here grades free text:
whoever teaches reads the answers, and finds an empty column to code them in.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from html.parser import HTMLParser
from typing import Any

from minigpt import json_values
from minigpt.errors import MiniGPTError
from minigpt.wording import plain_cell

NAME = "minigpt-lessons"
LARGEST_BYTES, MOST_REPORTS, MOST_STEPS = 5_000_000, 200, 1000
LARGEST_HEAD = 200_000
"""Bytes in which the tag is looked for. It stands near the beginning, and the rest of a page that
is none of ours may take seconds to read."""


@dataclass(frozen=True, kw_only=True)
class HandedIn:
    """What one visitor said."""

    before: str
    """To the question, before the lessons; empty where nothing was said."""
    after: str
    steps: int
    """That were looked at."""
    guessed: int
    """Of them, before they were shown."""
    right: int
    """Of the guesses, those that were what came out."""


@dataclass(frozen=True, kw_only=True)
class GuessedStep:
    """A step of a lesson in a report."""

    name: str
    is_right: bool | None
    """None where nothing was guessed, or nothing about it is right or wrong."""


def report_tag(before: str, after: str, steps: Sequence[GuessedStep]) -> str:
    """What stands in the head of a report."""
    said = {"before": before, "after": after, "steps": [asdict(one) for one in steps]}
    content = escape(json.dumps(said, ensure_ascii=False), quote=True)
    return f'<meta name="{NAME}" content="{content}">'


def read_report(raw: bytes) -> HandedIn:
    """What a report says; bounded, since anybody may have written it.

    Raises:
        MiniGPTError: it is no report of the lessons, or a very large one.
    """
    finder = _Finder()
    if len(raw) <= LARGEST_BYTES:
        finder.feed(raw[:LARGEST_HEAD].decode("utf-8", errors="replace"))
    said = _object(finder.content)
    if said is None:
        raise MiniGPTError(
            "This file is no report of the lessons. Hand in the page that “My answers as a page "
            "to print” saves."
        )
    listed = said.get("steps")
    steps = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    steps = steps[:MOST_STEPS]
    return HandedIn(
        before=json_values.text(said, "before") or "",
        after=json_values.text(said, "after") or "",
        steps=len(steps),
        guessed=sum(isinstance(one.get("is_right"), bool) for one in steps),
        right=sum(one.get("is_right") is True for one in steps),
    )


class _Finder(HTMLParser):
    """Looks for the tag of a report."""

    def __init__(self) -> None:
        super().__init__()
        self.content: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """The first one counts."""
        found = dict(attrs)
        if tag == "meta" and found.get("name") == NAME and self.content is None:
            self.content = found.get("content")


def _object(content: str | None) -> dict[str, Any] | None:
    try:
        found = json.loads(content or "")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    """A table for a spreadsheet; no cell of it is a formula, for answers are written by anybody."""
    file = io.StringIO()
    # Texts in quotes: else one with a semicolon goes on in another cell where those part cells.
    csv.writer(file, quoting=csv.QUOTE_NONNUMERIC).writerows(
        [plain_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return file.getvalue()
