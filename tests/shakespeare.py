"""Where tiny Shakespeare is on this machine, and the text the tests read.

The real text is looked for where the app keeps its downloads, and nowhere else. Imported by
conftest before any fixture sends the tests' own downloads to folders of their own.
"""

import random
import string
from pathlib import Path

from minigpt.corpora.builtin import TINY_SHAKESPEARE

FILE: Path | None = TINY_SHAKESPEARE.path if TINY_SHAKESPEARE.is_cached() else None
"""The intact copy in the download cache, or None."""

HOW_TO_GET_IT = (
    "needs tiny Shakespeare, which is not in the download cache; this fetches it: "
    'python -c "from minigpt.corpora.builtin import *; read_tiny_shakespeare()"'
)
OPENING = "First Citizen:\nBefore we proceed any further, hear me speak.\n\n"
CHARACTERS = "\n !$&',-.3:;?" + string.ascii_letters


def text() -> str:
    """The real text, or, where it is absent, one with its 65 characters and its start."""
    if FILE is not None:
        return FILE.read_text(encoding="utf-8")
    chance = random.Random(0)
    words = ("".join(chance.choices("aeinorst", k=chance.randint(1, 7))) for _ in range(20_000))
    return OPENING + CHARACTERS + " ".join(words)
