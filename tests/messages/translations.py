"""Translations beside the catalogue: `python -m tests.messages.translations` is part of
`make messages`.

It brings each `ui/locales/LANGUAGE/LC_MESSAGES/minigpt.po` in line with the catalogue: the same
messages in the same order, those that are new without a translation, and none that nobody says any
more. What is translated stays as it is.
"""

import io
import re
import string
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from tests.messages.catalogue import FILE

MARKS = re.compile(r"\*\*|`|\$|\]\(|:material/\w+:|https?://\S+|<[^>]+>")
"""What Markdown and the screen act on, and must stay in a translation."""


def files() -> list[Path]:
    """Every translation there is."""
    return sorted(FILE.parent.glob("*/LC_MESSAGES/minigpt.po"))


def language_of(file: Path) -> str:
    """Its code, such as "id"."""
    return file.parents[1].name


def read(file: Path) -> Catalog:
    """A catalogue or a translation."""
    locale = None if file == FILE else language_of(file)
    return read_po(io.BytesIO(file.read_bytes()), locale=locale)


def messages() -> list[Message]:
    """All that can be said, in the order of the catalogue."""
    return [message for message in read(FILE) if message.id]


def missing(file: Path) -> list[str | tuple[str, ...]]:
    """The messages that a translation lacks, or of which it is not sure."""
    there = read(file)
    found = [(message.id, there.get(message.id)) for message in messages()]
    return [one for one, said in found if said is None or said.fuzzy or not _all(said, there)]


def mistakes(file: Path) -> Iterator[str]:
    """Translations that would say something wrong: other places to fill in, other marks."""
    there = read(file)
    for message in there:
        if not message.id or not message.string:
            continue
        originals = _forms(message.id)
        for said in _forms(message.string):
            if said and not any(_agree(original, said) for original in originals):
                yield f"{originals[-1]!r} is {said!r}"


def _all(said: Message, there: Catalog) -> bool:
    forms = _forms(said.string)
    wanted = there.num_plurals if isinstance(said.id, tuple) else 1
    return len(forms) == wanted and all(forms)


def _forms(text: str | tuple[str, ...] | list[str]) -> list[str]:
    return [text] if isinstance(text, str) else list(text)


def _agree(original: str, said: str) -> bool:
    return (
        places(original) == places(said)
        and Counter(MARKS.findall(original)) == Counter(MARKS.findall(said))
        and _edges(original) == _edges(said)
        and original.count("\n") == said.count("\n")
    )


def _edges(text: str) -> tuple[str, str]:
    """The white space around a text."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


def places(template: str) -> set[tuple[str, str, str]]:
    """What is filled in, and how it is formatted; nothing where braces stand for themselves."""
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError:
        return set()
    return {(name, conversion or "", spec or "") for _, name, spec, conversion in parsed if name}


def brought_up(file: Path) -> bytes:
    """A translation in line with the catalogue."""
    before, after = read(file), Catalog(locale=language_of(file), project="MiniGPT")
    after.header_comment = "# Texts of MiniGPT, translated by hand."
    for message in messages():
        said = before.get(message.id)
        after.add(message.id, said.string if said else None, flags=said.flags if said else ())
    written = io.BytesIO()
    write_po(written, after, width=100, no_location=True)
    dated = (b'"POT-Creation-Date', b'"PO-Revision-Date', b'"Generated-By', b'"Last-Translator')
    lines = written.getvalue().splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(dated))


if __name__ == "__main__":
    for path in files():
        path.write_bytes(brought_up(path))
        for text in missing(path):
            sys.stdout.write(f"{language_of(path)} lacks {text!r}\n")
