"""Reading JSON that anybody may have written: what is missing, of a wrong type or absurd is absent.

Settings that shall be obeyed are read strictly instead, by `minigpt.configuration`.
"""

import re
from collections.abc import Mapping
from typing import Any

LARGEST = 1e15
"""No step, token, second or byte of a run comes near. From about here on whole numbers lose their
last digits on the way to the browser, and sums of what is larger overflow."""
LONGEST_TEXT = 10_000
MOST_ENTRIES = 1000
DEEPEST = 8
REPLACEMENT = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")

JsonObject = Mapping[str, Any]


def section(values: JsonObject, name: str) -> JsonObject:
    """The object of that name; empty if there is none."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def text(values: JsonObject, name: str, longest: int = LONGEST_TEXT) -> str | None:
    """The text of that name, cut to `longest` characters; None if there is none, or it is empty.

    Halves of characters (lone surrogates), which no page can be sent with, are replaced.
    """
    found = values.get(name)
    return replace_surrogates(found[:longest]) if isinstance(found, str) and found else None


def number(values: JsonObject, name: str, largest: float = LARGEST) -> float | None:
    """The finite number of that name, nearer to zero than `largest`; None if there is none."""
    found = values.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    # Compared first: a whole number of 400 digits becomes no float. And nan is less than nothing.
    return float(found) if abs(found) < largest else None


def amount(values: JsonObject, name: str) -> float | None:
    """The number of that name that is not negative; None if there is none."""
    found = number(values, name)
    return found if found is not None and found >= 0 else None


def whole(values: JsonObject, name: str) -> int | None:
    """The whole number of that name; None if there is none."""
    found = number(values, name)
    return int(found) if found is not None and found == int(found) else None


def count(values: JsonObject, name: str) -> int | None:
    """The whole number of that name that is not negative; None if there is none."""
    found = whole(values, name)
    return found if found is not None and found >= 0 else None


def truth(values: JsonObject, name: str) -> bool:
    """Whether that name stands for true, and for nothing that is merely like it."""
    return values.get(name) is True


def texts(values: JsonObject, name: str, *, longest: int, most: int) -> tuple[str, ...]:
    """The texts in the list of that name: at most so many, each cut to so many characters."""
    found = values.get(name)
    listed = found if isinstance(found, list) else []
    return tuple(
        replace_surrogates(one[:longest]) for one in listed if isinstance(one, str) and one
    )[:most]


def showable_json(value: Any, depth: int = DEEPEST) -> Any:
    """JSON of any shape, cut to a size that can be shown; what is absurd in it becomes null."""
    if isinstance(value, str):
        return replace_surrogates(value[:LONGEST_TEXT])
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) < 10 * LARGEST else None
    if depth and isinstance(value, dict):
        entries = list(value.items())[:MOST_ENTRIES]
        return {
            replace_surrogates(str(name)[:LONGEST_TEXT]): showable_json(one, depth - 1)
            for name, one in entries
        }
    if depth and isinstance(value, list):
        return [showable_json(one, depth - 1) for one in value[:MOST_ENTRIES]]
    return None


def replace_surrogates(written: str) -> str:
    """A text without lone surrogates, which JSON can carry but no encoding can."""
    return written if written.isascii() else _SURROGATE.sub(REPLACEMENT, written)
