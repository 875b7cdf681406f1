"""What runs are called, by people, in links and on the disk, and the tags and notes on them."""

import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import replace

from minigpt.errors import RunError
from minigpt.files import explained
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records.requests import LONGEST_NAME, LONGEST_NOTE, LONGEST_TAG, MOST_TAGS


def set_labels(
    run: RunDirectory, *, tags: Iterable[str] | None = None, note: str | None = None
) -> None:
    """Write tags, a note or both; what is left out stays as it is.

    Raises:
        RunError: there are too many tags, one of them or the note is too long, or they cannot be
            written.
    """
    meta = run.meta()
    if tags is not None:
        meta = replace(meta, tags=clean_tags(tags))
    if note is not None:
        meta = replace(meta, note=clean_note(note))
    with explained(
        "The labels could not be written to {path}: {reason}. Free some space, or check "
        "that you may write there, and try again.",
        kind=RunError,
        path=run.path,
    ):
        run.write("meta", meta.to_json())


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Lower-case, on one line, each once, in the order in which they came.

    Raises:
        RunError: there are too many, or one is too long.
    """
    tidy = (" ".join(_printable(tag).lower().split()) for tag in tags)
    found = tuple(dict.fromkeys(tag for tag in tidy if tag))
    if len(found) > MOST_TAGS:
        raise RunError(
            "These are {number} tags; a run can have {most}. Leave some out.",
            number=len(found),
            most=MOST_TAGS,
        )
    for tag in found:
        if len(tag) > LONGEST_TAG:
            raise RunError(
                "The tag {tag!r} … has {characters} characters; {longest} are allowed. Shorten "
                "it, or put it into the note.",
                tag=tag[:LONGEST_TAG],
                characters=len(tag),
                longest=LONGEST_TAG,
            )
    return found


def split_tags(typed: str) -> list[str]:
    """The tags that somebody typed with commas or semicolons between them."""
    return [part for part in re.split(r"[,;\n]", typed) if part.strip()]


def clean_note(note: str) -> str:
    """Without white space around it and control characters in it.

    Raises:
        RunError: it is too long.
    """
    lines = [_printable(line).rstrip() for line in note.replace("\r\n", "\n").split("\n")]
    tidy = "\n".join(lines).strip()
    if len(tidy) > LONGEST_NOTE:
        raise RunError(
            "The note has {characters:,} characters; {longest:,} are allowed. Shorten it.",
            characters=len(tidy),
            longest=LONGEST_NOTE,
        )
    return tidy


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


UNTITLED = "untitled"


def new_run_id(name: str) -> str:
    """An id that no run has: the time, something of the name, and a few letters by chance."""
    title = slug(clean_name(name) or UNTITLED)
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{title}-{secrets.token_hex(3)}"


def clean_name(name: str) -> str:
    """A name on one line, printable and not too long; empty if nothing is left of it."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip()


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens only; safe as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "run"
