"""Sentences in a run's files: their English text, and beside it what they were made of.

A worker writes why it ended before anybody knows who will read it. So `reason` is the English
text, which is all that older files have, and `reason_parts` the template and the values, from
which the screen says it in the visitor's language. Files may come from a stranger, and a template
is a small program: only plain places to fill are obeyed, and only where they yield the very text.
"""

import re
from string import Formatter
from typing import Any

from minigpt.json_values import LARGEST, LONGEST_TEXT, JsonObject, section, text
from minigpt.sentences import Sentence, plural

LONGEST_TEMPLATE = 1000
MOST_PLACES = 40
"""Filled one into the other, the parts of a sentence would else grow without end."""
DEEPEST = 4
_PLAIN_FORMAT = re.compile(r",?(\.\d)?[dfg%]?")
"""Thousands, digits and kind; no width, which could be a thousand million."""


def parts(sentence: Sentence) -> dict[str, Any]:
    """A sentence as JSON."""
    values = {
        name: parts(value) if isinstance(value, Sentence) else value
        for name, value in sentence.values.items()
    }
    made: dict[str, Any] = {"template": sentence.template, "values": values}
    return made if sentence.many is None else {**made, "many": sentence.many}


def sentence(values: JsonObject, name: str, longest: int = LONGEST_TEXT) -> str | None:
    """The sentence of that name; as text alone where its parts are missing or yield another."""
    written = text(values, name, longest)
    made = _made(section(values, f"{name}_parts"), DEEPEST) if written else None
    return made if made is not None and made == written else written


def _made(found: JsonObject, depth: int) -> Sentence | None:
    template = text(found, "template", LONGEST_TEMPLATE)
    many = text(found, "many", LONGEST_TEMPLATE)
    if template is None or not _is_plain(template) or not _is_plain(many or "") or not depth:
        return None
    filling = {name: _value(value, depth) for name, value in section(found, "values").items()}
    try:
        if many is None:
            made = Sentence(template, **filling)
        else:
            made = plural(template, many, filling.pop("count"), **filling)  # type: ignore[arg-type]  # whatever it is not, it then fails to be counted
    except (LookupError, TypeError, ValueError):
        return None  # a value is missing, or of a kind that its place is not for
    return made if len(made) <= LONGEST_TEXT else None


def _value(found: object, depth: int) -> object:
    if isinstance(found, dict):
        return _made(found, depth - 1)
    if isinstance(found, str):
        return found[:LONGEST_TEXT]
    return found if isinstance(found, int | float) and abs(found) < LARGEST else None


def _is_plain(template: str) -> bool:
    try:
        places = [place for place in Formatter().parse(template) if place[1] is not None]
    except ValueError:
        return True  # no places at all, such as a text that holds a brace: never filled in
    return len(places) <= MOST_PLACES and all(
        (name or "").isidentifier() and _PLAIN_FORMAT.fullmatch(form or "") and kind in (None, "r")
        for _, name, form, kind in places
    )
