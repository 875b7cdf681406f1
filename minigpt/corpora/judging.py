"""Whether the part of a text that a model is judged by is a fair judge of what it learnt.

Two signs need no model. Counting triples of characters foretells a fair part about as well as
paragraphs from everywhere; where it does far worse, the part is of another kind. And a fair part is
new: stretches of it that stand word for word in the training part can be learnt by heart.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt

from minigpt.corpora.corpus import Corpus
from minigpt.corpora.parts import Parts, ValidationPart, split_text
from minigpt.corpora.statistics import ngram_entropies
from minigpt.sentences import N_, Sentence

UNLIKE = 1.2
"""How many times the loss of counting on paragraphs from everywhere is far more."""
REPEATED = 0.3
"""The share of a part that may stand in the training text, too."""
STRETCH = 64
"""Characters that are not alike by chance; a power of two."""
FEW_CHARACTERS = 2_000
"""Less is hardly a text to learn from: fifteen sentences have about 600."""
FEWEST_CHARACTERS = 1_000
"""Of a shorter text, the parts are too short for counts to tell anything."""
MOST_COUNTED = 300_000
STRETCHES_COUNTED = 100
"""Of a longer part, so many stretches spread over it are counted."""
MOST_COMPARED = 5_000_000
"""Characters of the training part in which repetitions are looked for."""
POSITIONS_COMPARED = 20_000
FACTOR = 0x9E3779B97F4A7C15
"""An odd number without a pattern, for a hash."""
FIRST_BITS = 20
"""Of a hash, by which most stretches are told apart: of a million, twenty thousand take 2 %."""

MARKUP = {"RTF": ("{\\rtf",), "HTML": ("<!doctype html", "<html"), "XML": ("<?xml",)}

NAMES = {
    "last": N_("last tenth"),
    "first": N_("first tenth"),
    "middle": N_("tenth in the middle"),
    "paragraphs": N_("tenth that was drawn"),
}


@dataclass(frozen=True, kw_only=True)
class Judging:
    """What can be said of the part that a model is judged by, before any model sees the text."""

    part: ValidationPart
    loss: float
    """Of counting triples of characters in the training part, in nats a character of this part."""
    loss_everywhere: float
    """The same for paragraphs drawn from everywhere."""
    repeated: float
    """The share of this part that stands in the training part word for word."""
    repeated_everywhere: float
    """The same for paragraphs drawn from everywhere."""

    @property
    def is_unlike(self) -> bool:
        """Whether the part is of another kind than the rest."""
        return self.loss > UNLIKE * self.loss_everywhere

    @property
    def is_repeated(self) -> bool:
        """Whether much of the part can be learnt by heart."""
        return self.repeated > REPEATED

    @property
    def is_mended_by_paragraphs(self) -> bool:
        """Whether drawing paragraphs would make a fairer part."""
        return self.is_unlike or (self.is_repeated and self.repeated_everywhere <= REPEATED)

    def warnings(self) -> Iterator[str]:
        """What people should know of it, and what they can do."""
        name = Sentence(NAMES[self.part])
        if self.is_unlike:
            yield Sentence(
                "The {part} of this text, by which the model is judged, is unlike the rest: "
                "counting triples of characters reaches a loss of {loss:.2f} on it and "
                "{everywhere:.2f} on paragraphs from everywhere. It may be a licence, notes or "
                "another language. Take it out, or judge by paragraphs from everywhere "
                "(corpus.validation=paragraphs).",
                part=name,
                loss=self.loss,
                everywhere=self.loss_everywhere,
            )
        if not self.is_repeated:
            return
        if self.is_mended_by_paragraphs:
            template = N_(
                "{share:.0f} % of the {part}, by which the model is judged, stands word for word "
                "in what it learns from, so a low loss may only mean that it learnt by heart. "
                "Judge by paragraphs from everywhere, of which equal ones stay together "
                "(corpus.validation=paragraphs)."
            )
        else:
            template = N_(
                "{share:.0f} % of the {part}, by which the model is judged, stands word for word "
                "in what it learns from, so a low loss may only mean that it learnt by heart. The "
                "text says the same again and again: take the repetitions out."
            )
        yield Sentence(template, share=100 * self.repeated, part=name)


def text_warnings(corpus: Corpus, judging: Judging | None) -> list[str]:
    """What speaks against training on a text, before any model sees it: its size, and its parts.

    What was found in the parts is handed in, for it takes longer than the rest.
    """
    warnings = []
    if len(corpus.text) < FEW_CHARACTERS:
        warnings.append(
            Sentence(
                "This text is very short: {characters:,} characters, of which {validation:,} judge "
                "the model. A model soon knows it by heart, and the validation loss, taken on so "
                "little, says little. A few thousand characters are a beginning, a hundred "
                "thousand teach more.",
                characters=len(corpus.text),
                validation=len(corpus.validation_text),
            )
        )
    if markup := _markup_of(corpus.text):
        warnings.append(
            Sentence(
                "This text looks like {markup}: the model will learn the signs of that as well. "
                "Save it as plain text if only the words should be learnt.",
                markup=markup,
            )
        )
    return [*warnings, *(judging.warnings() if judging else [])]


def _markup_of(text: str) -> str | None:
    """What a text is written in, where that is meant for programs; None for everything else."""
    beginning = text.lstrip()[:20].lower()
    return next((name for name, start in MARKUP.items() if beginning.startswith(start)), None)


def look_at_part(corpus: Corpus) -> Judging | None:
    """Compare the part that a model is judged by with the rest; None for a very short text.

    A million characters take about 0.2 seconds; of longer parts, stretches are looked at.
    """
    if len(corpus.text) < FEWEST_CHARACTERS:
        return None
    parts = Parts(corpus.training_text, corpus.validation_text)
    everywhere = split_text(corpus.text, "paragraphs")
    return Judging(
        part=corpus.validation,
        loss=_triple_loss(parts),
        loss_everywhere=_triple_loss(everywhere),
        repeated=_repeated(parts),
        repeated_everywhere=_repeated(everywhere),
    )


def _triple_loss(parts: Parts) -> float:
    training, validation = map(_spread, parts)
    codes = _code_points(training + validation)
    present, ids = np.unique(codes, return_inverse=True)
    boundary = len(training)
    return ngram_entropies(ids[:boundary], ids[boundary:], len(present)).trigram


def _spread(part: str) -> str:
    if len(part) <= MOST_COUNTED:
        return part
    length, step = MOST_COUNTED // STRETCHES_COUNTED, len(part) // STRETCHES_COUNTED
    starts = range(0, step * STRETCHES_COUNTED, step)
    return "".join(part[start : start + length] for start in starts)


def _repeated(parts: Parts) -> float:
    training, validation = parts.training[:MOST_COMPARED], parts.validation
    if min(len(training), len(validation)) < STRETCH:
        return 0.0
    stretches = _hashes(validation)
    stretches = stretches[:: -(-len(stretches) // POSITIONS_COMPARED)]
    known = _hashes(training)
    # Only what begins with the same bits can be equal: to sort it all takes eighty times as long.
    begins_so = np.zeros(1 << FIRST_BITS, dtype=np.bool_)
    begins_so[_first_bits(stretches)] = True
    return float(np.isin(stretches, known[begins_so[_first_bits(known)]]).mean())


def _first_bits(hashes: UInt[np.ndarray, " stretches"]) -> UInt[np.ndarray, " stretches"]:
    return hashes >> np.uint64(64 - FIRST_BITS)


def _hashes(text: str) -> UInt[np.ndarray, " stretches"]:
    """A number for each stretch; equal stretches have equal numbers."""
    hashes = _code_points(text).astype(np.uint64)
    length, factor = 1, FACTOR
    while length < STRETCH:  # numbers wrap around, as hashes may
        hashes = hashes[:-length] * np.uint64(factor) + hashes[length:]
        length, factor = 2 * length, factor * factor % 2**64
    return hashes


def _code_points(text: str) -> Int[np.ndarray, " characters"] | UInt[np.ndarray, " characters"]:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
