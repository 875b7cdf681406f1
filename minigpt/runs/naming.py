"""What runs are called: by people, in links, and on the disk."""

import re
import secrets
import time

LONGEST_NAME = 80
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
