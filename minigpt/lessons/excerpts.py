"""The places of tiny Shakespeare that a well-known lecture looks at, so that all can follow it.

The lecture is Andrej Karpathy's "Let's build GPT" (2023). With these places its first batch can be
drawn where the text itself has not been downloaded. Shakespeare's works are in the public domain.
"""

import string

import torch
from jaxtyping import Int
from torch import Tensor

from minigpt.errors import CorpusError

SEED = 1337
CHARACTERS = "".join(sorted("\n !$&',-.3:;?" + string.ascii_letters))
"""The 65 characters of tiny Shakespeare, each at the place of its id."""
OPENING = "First Citizen:\nBefore we proceed any further, hear me"
LENGTH = 1_003_854
"""Nine tenths of tiny Shakespeare, to learn from."""
WINDOWS = {
    76_049: "Let's hea",
    234_249: "for that ",
    934_904: "nt that h",
    560_986: "MEO:\nI pa",
}
"""What the seed draws there, a character longer than the context, and where it stands."""
UNKNOWN = -1
MOST_CHARACTERS = 2_000
"""A table of pairs has the square of it: 16 MB a copy, of which training takes four."""


def ids_of(text: str) -> list[int]:
    """The ids of a text of these characters.

    Raises:
        ValueError: the text has another character.
    """
    return [CHARACTERS.index(character) for character in text]


def require_few_characters(different: int) -> None:
    """Before a table of all their pairs is drawn for a visitor.

    Raises:
        CorpusError: there are more than `MOST_CHARACTERS`.
    """
    if different > MOST_CHARACTERS:
        raise CorpusError(
            "The text has {different:,} different characters; a lesson takes at most {most:,}, "
            "since a table of their pairs would not fit. Choose another text.",
            field="corpus", different=different, most=MOST_CHARACTERS,
        )  # fmt: skip


def known_stream() -> Int[Tensor, " tokens"]:
    """The training part as ids, of which only the opening and the windows are known."""
    stream = torch.full((LENGTH,), UNKNOWN)
    for start, text in {0: OPENING, **WINDOWS}.items():
        stream[start : start + len(text)] = torch.tensor(ids_of(text))
    return stream
