"""What of a text stands word for word in the training text, and how much of it would by chance.

The longest match is looked for at every character, and those that no other one contains are its
spans (as "OLMoTrace", Liu et al. 2025, does for texts of other models). Long spans are telling only
beside those of held-out text: people repeat each other and themselves, too. So every length is
judged by how much of the held-out text stands in spans at least as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from minigpt.errors import CorpusError
from minigpt.reading.suffixes import Suffixes
from minigpt.reading.training_text import TrainingText
from minigpt.sentences import N_, Sentence

LEAST = 20
"""Characters of a span worth naming; a few words."""
SHORTEST, LONGEST_TEXT = 3, 20_000
PIECES, PIECE_CHARACTERS = 20, 1_000
"""Of held-out text that is compared with."""
FEW_PLACES = 3
"""That are named of each span."""

Matches = Int[np.ndarray, " characters"]
"""At each character of a text, how many from there on stand somewhere in another text."""


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text that stands in the training text, and would not if it were longer."""

    start: int
    end: int
    places: int
    """How often it stands there: few are rare."""
    first_places: tuple[int, ...]
    """The characters at which it begins there, of the first few."""
    chance: float | None
    """The share of held-out text that stands in spans at least as long; None without any."""
    is_held_out: bool
    """Whether the held-out text has it, too."""

    @property
    def length(self) -> int:
        """In characters."""
        return self.end - self.start


def matches(text: str, index: Suffixes) -> Matches:
    """The longest match at every character of a text."""
    found = [index.longest_match(text[start:]) for start in range(len(text))]
    return np.array(found, dtype=np.int64)


def covered_characters(matches: Matches, least: int) -> int:
    """How many characters stand in matches of at least that length."""
    places = np.arange(len(matches))
    ends = np.where(matches >= least, places + matches, 0)
    return int((np.maximum.accumulate(ends) > places).sum()) if len(matches) else 0


@dataclass(frozen=True)
class HeldOut:
    """Pieces of text by the same hand that were kept from training: what overlaps by chance."""

    pieces: tuple[Matches, ...]

    @property
    def characters(self) -> int:
        """Of all pieces."""
        return sum(map(len, self.pieces))

    def share(self, least: int) -> float | None:
        """How much of them stands in spans of that length and more; None if there are none."""
        if not self.characters:
            return None
        return sum(covered_characters(piece, least) for piece in self.pieces) / self.characters

    def range(self, least: int) -> tuple[float, float] | None:
        """The same for the piece that has least of it, and for the one that has most."""
        shares = [
            covered_characters(piece, least) / len(piece) for piece in self.pieces if len(piece)
        ]
        return (min(shares), max(shares)) if shares else None


def held_out_pieces(training: TrainingText) -> HeldOut:
    """What overlaps by chance, measured on pieces spread over the held-out text."""
    text = training.held_out
    count = min(PIECES, max(1, len(text) // PIECE_CHARACTERS))
    starts = np.linspace(0, max(0, len(text) - PIECE_CHARACTERS), count).astype(int)
    pieces = (text[start : start + PIECE_CHARACTERS] for start in starts)
    return HeldOut(tuple(matches(piece, training.letters) for piece in pieces if piece))


@dataclass(frozen=True)
class Overlap:
    """A text beside the training text."""

    text: str
    training: TrainingText
    held_out: HeldOut
    matches: Matches
    """At every character."""

    def share(self, least: int = LEAST) -> float:
        """How much of the text stands in spans of that length and more."""
        return covered_characters(self.matches, least) / len(self.text)

    def spans(self, least: int = LEAST) -> list[Span]:
        """Those of that length and more that no other one contains, as they come in the text."""
        ends = np.arange(len(self.text)) + self.matches
        reaches_on = np.append(True, ends[1:] > ends[:-1])
        starts = np.flatnonzero((self.matches >= least) & reaches_on)
        return [self._span(int(start), int(ends[start])) for start in starts]

    def longest_at(self, character: int) -> Span | None:
        """The longest piece of the training text that a character is part of; None without any."""
        ends = np.arange(character + 1) + self.matches[: character + 1]
        reaching = np.flatnonzero(ends > character)
        if not len(reaching):
            return None
        # Of those that reach it, the one that begins first may be cut short: compare lengths.
        start = int(reaching[np.argmax(self.matches[reaching])])
        return self._span(start, int(ends[start]))

    def _span(self, start: int, end: int) -> Span:
        piece = self.text[start:end]
        found = self.training.letters.find(piece)
        return Span(
            start=start,
            end=end,
            places=len(found),
            first_places=tuple(self.training.letters.places(found, FEW_PLACES)),
            chance=self.held_out.share(end - start),
            is_held_out=piece in self.training.held_out,
        )

    def answer(self, least: int = LEAST) -> Sentence:
        """Read or invented, in a sentence, with the chance level."""
        chance = self.held_out.share(least)
        template = N_(
            "{share:.0f} % of this text stands word for word in the training text, in pieces of "
            "{least} characters and more; of text from the same source that was kept from "
            "training, {chance:.0f} % does."
        )
        if chance is None:
            template = N_(
                "{share:.0f} % of this text stands word for word in the training text, in pieces "
                "of {least} characters and more; there is no other text of the same source to "
                "compare with."
            )
        share = 100 * self.share(least)
        return Sentence(template, share=share, least=least, chance=100 * (chance or 0.0))


def overlap(text: str, training: TrainingText, held_out: HeldOut) -> Overlap:
    """Look for what a text has of the training text.

    Raises:
        CorpusError: the text is empty or very long.
    """
    if not 0 < len(text) <= LONGEST_TEXT:
        raise CorpusError(
            "This text has {characters:,} characters; 1 to {most:,} can be compared with the "
            "training text. Choose another text, or a part of it.",
            field="text",
            characters=len(text),
            most=LONGEST_TEXT,
        )
    return Overlap(text, training, held_out, matches(text, training.letters))


def longest_first(spans: Sequence[Span]) -> list[Span]:
    """Long before short, and of equal length the rare ones first."""
    return sorted(spans, key=lambda span: (-span.length, span.places, span.start))
