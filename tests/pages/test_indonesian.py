"""Every page in Indonesian: it opens, and nothing that has a translation is left in English."""

import json
import re
import string

import pytest
from google.protobuf.message import Message

from tests.messages.translations import files, read
from tests.pages.test_every_page import PAGES
from tests.ui.harness import made_run
from ui.i18n import LANGUAGE

(INDONESIAN,) = files()
NAME = "Emma"
CODE = {"id", "user_key", "js_content", "html_content", "css_content"}
"""Parts of an element that nobody reads."""


def pattern(template):
    """What a template may look like when it is filled in."""
    parts = []
    for text, name, _spec, _conversion in string.Formatter().parse(template):
        parts.append(re.escape(text))
        if name is not None:
            parts.append(".+?")
    return re.compile("".join(parts), re.DOTALL)


def says_something(template):
    """Whether a text that fits a template can be told from one that fits by chance."""
    words = "".join(text for text, *_ in string.Formatter().parse(template))
    return len(re.findall(r"[A-Za-z]{2,}", words)) > 1 or "{" not in template


def english():
    """The templates of which an Indonesian reader is to see nothing."""
    for message in read(INDONESIAN):
        originals = [message.id] if isinstance(message.id, str) else list(message.id)
        said = [message.string] if isinstance(message.string, str) else list(message.string)
        for original in originals if all(said) else ():
            # A single word may be what somebody typed, or the name of a field.
            if original and original not in said and " " in original and says_something(original):
                yield pattern(original)


@pytest.fixture(scope="module")
def templates():
    return list(english())


def texts(block):
    """All that an element tells the browser, from a tree of elements."""
    for child in getattr(block, "children", {}).values():
        yield from texts(child)
    if isinstance(getattr(block, "proto", None), Message):
        yield from strings(block.proto)


def strings(message):
    for field, value in message.ListFields():
        for one in [value] if isinstance(value, (str, bytes, int, float, Message)) else value:
            if isinstance(one, Message):
                yield from strings(one)
            elif isinstance(one, str) and field.name in {"json", "spec"}:
                yield from inside(json.loads(one))
            elif isinstance(one, str) and field.name not in CODE:
                yield one.replace("\\", "")


def inside(value):
    """All texts of what a component or a chart is sent."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from inside(one)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_nothing_that_is_translated_is_left_in_english(path, visit, templates):
    run = made_run(name=NAME)
    at = visit(path.stem, **{LANGUAGE: "id", "run": run.id})
    assert not at.exception
    shown = {text for text in texts(at._tree) if text}
    assert "Bahasa" in shown
    left = {text for text in shown for one in templates if one.fullmatch(text)}
    assert not left


def test_english_that_is_left_would_be_found(templates):
    for text in ("Train a model", "Step 1,200 of 2,000", "No run has all of these words."):
        assert any(one.fullmatch(text) for one in templates)


def test_a_page_in_english_has_english_that_is_found(visit, templates):
    at = visit("train")
    shown = {text for text in texts(at._tree) if text}
    assert sum(any(one.fullmatch(text) for one in templates) for text in shown) > 10
