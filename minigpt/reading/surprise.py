"""The surprise of every token of a text, in bits: minus the logarithm of its probability.

A text is read as one is written: the model begins after a line break, and judges each token by at
least half a context before it (`minigpt.sampling.decoder.window_start`). So what a model wrote has
here the probabilities with which it was drawn, before any filter.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.errors import CorpusError
from minigpt.models.language_model import LanguageModel
from minigpt.reading.places import Place, count_readable, places
from minigpt.reading.reliability import Reliability
from minigpt.runs.trained_model import TrainedModel
from minigpt.sampling.decoder import window_start

MOST_TOKENS = 200_000
CANDIDATES = 5
NATS_TO_BITS = 1 / math.log(2)
WINDOWS_AT_ONCE, MOST_SCORES, MOST_EXACT = 32, 8_000_000, 2_000_000

Cut = tuple[int, int, int]
"""A window: its first token, the first that is judged, and the one after its last."""


@dataclass(frozen=True, slots=True)
class TokenSurprise:
    """One token of a text, and how much it surprised."""

    place: Place
    bits: float | None
    """None where the model cannot read it, or had nothing to judge it by."""
    candidates: tuple[tuple[int, float], ...] = ()
    """What the model thought likeliest here, with probabilities."""


@dataclass(frozen=True, kw_only=True)
class Surprise:
    """A text as a model read it."""

    text: str
    tokens: tuple[TokenSurprise, ...]
    reliability: Reliability = field(repr=False)
    beginning: tuple[int, ...] = ()
    """The token after which the model began; none where it knows none to begin with."""

    @property
    def bits(self) -> float:
        """Of all tokens that were judged."""
        return sum(one.bits for one in self.tokens if one.bits is not None)

    @property
    def characters(self) -> int:
        """That stand in judged tokens."""
        judged = (one.place for one in self.tokens if one.bits is not None)
        return sum(place.end - place.start for place in judged)

    @property
    def ids(self) -> list[int]:
        """Of all tokens that the model can read."""
        return [one.place.piece.id for one in self.tokens if one.place.piece.id is not None]

    @property
    def known_characters(self) -> int:
        """That stand in tokens that the model can read."""
        return self.tokens[-1].place.end - self.unread

    @property
    def unread(self) -> int:
        """Characters that the model cannot read."""
        skipped = (one.place for one in self.tokens if one.place.piece.id is None)
        return sum(place.end - place.start for place in skipped)

    @property
    def bits_per_character(self) -> float | None:
        """The total by its length; None where nothing was judged."""
        return self.bits / self.characters if self.characters else None


def surprise(trained: TrainedModel, text: str) -> Surprise:
    """Read a text with a model.

    Raises:
        CorpusError: the text is empty or very long, or the model can read none of it.
    """
    text = trained.tokenizer.known_form(text)
    # Counted first: to place each token of a file of megabytes takes most of a minute.
    _require_length(max(1, count_readable(trained.tokenizer, text)))
    placed = places(trained.tokenizer, text)
    ids = [place.piece.id for place in placed if place.piece.id is not None]
    _require_length(len(ids))
    reliability = Reliability.empty()
    beginning = tuple(trained.prompt_ids("")[-1:])
    judged = _judged(trained.model, [*beginning, *ids], reliability)
    if not beginning:
        judged = chain([(None, ())], judged)
    tokens = tuple(
        TokenSurprise(place, None)
        if place.piece.id is None
        else TokenSurprise(place, *next(judged))
        for place in placed
    )
    return Surprise(text=text, tokens=tokens, reliability=reliability, beginning=beginning)


def _require_length(tokens: int) -> None:
    if not 1 <= tokens <= MOST_TOKENS:
        raise CorpusError(
            "This text has {tokens:,} tokens that the model knows; 1 to {most:,} can be looked "
            "at. Choose another text, or a part of it.",
            field="text",
            tokens=tokens,
            most=MOST_TOKENS,
        )


def _judged(
    model: LanguageModel, ids: Sequence[int], reliability: Reliability
) -> Iterator[tuple[float | None, tuple[tuple[int, float], ...]]]:
    """For each token but the first its bits, and what was thought likeliest instead."""
    for log_probabilities, targets in _windows(model, ids):
        reliability.add(log_probabilities.exp(), targets)
        bits = -NATS_TO_BITS * log_probabilities.gather(1, targets[:, None]).squeeze(1)
        best = log_probabilities.exp().topk(min(CANDIDATES, log_probabilities.shape[1]))
        for cost, shares, found in zip(
            bits.tolist(), best.values.tolist(), best.indices.tolist(), strict=True
        ):
            yield cost, tuple(zip(found, shares, strict=True))


def _windows(
    model: LanguageModel, ids: Sequence[int]
) -> Iterator[tuple[Float[Tensor, "judged V"], Int[Tensor, " judged"]]]:
    """Log-probabilities at every token but the first, some windows at a time, and what came."""
    stream = torch.tensor(ids)
    for group in _groups(list(_cuts(len(ids), model.context_length)), model):
        # All but the first and the last window have one length, and are read together.
        rows = torch.stack([stream[start:end] for start, _, end in group])
        start, done, _ = group[0]
        with torch.inference_mode():
            places = model.last_stream(rows[:, :-1])[:, done - start - 1 :].flatten(0, 1)
        targets = rows[:, done - start :].flatten()
        # Each score is looked at in several ways, twice as exact, and so of fewer at once.
        some = max(1, MOST_EXACT // model.vocabulary_size)
        for scores, followed in model.unembed_along(places, targets, most=MOST_SCORES):
            for few, came in zip(
                torch.split(scores, some), torch.split(followed, some), strict=True
            ):
                yield few.double().log_softmax(-1), came


def _cuts(length: int, context_length: int) -> Iterator[Cut]:
    done = 1
    while done < length:
        start = window_start(done, context_length)
        end = min(length, start + context_length + 1)
        yield start, done, end
        done = end


def _groups(cuts: list[Cut], model: LanguageModel) -> Iterator[list[Cut]]:
    """Neighbours that have the same shape, as many as fit into memory at once."""
    size = model.context_length * model.vocabulary_size
    most = max(1, min(WINDOWS_AT_ONCE, MOST_SCORES // size))
    group: list[Cut] = []
    for cut in cuts:
        if group and (len(group) == most or _shape(cut) != _shape(group[0])):
            yield group
            group = []
        group.append(cut)
    if group:
        yield group


def _shape(cut: Cut) -> tuple[int, int]:
    start, done, end = cut
    return done - start, end - start


@dataclass(frozen=True, slots=True)
class ComparedPiece:
    """A piece of a text at whose ends both models end a token, and what it cost each."""

    start: int
    end: int
    first: float | None
    second: float | None

    @property
    def difference(self) -> float | None:
        """How many bits less it cost the first; None where one of them did not judge it."""
        if self.first is None or self.second is None:
            return None
        return self.second - self.first


def compare_readings(first: Surprise, second: Surprise) -> list[ComparedPiece]:
    """One text as two models read it, in the smallest pieces that both can be asked about."""
    ends = sorted(_ends(first) & _ends(second))
    starts = [0, *ends[:-1]]
    costs = [_by_piece(one, ends) for one in (first, second)]
    return [ComparedPiece(*piece) for piece in zip(starts, ends, *costs, strict=True)]


def _ends(read: Surprise) -> set[int]:
    return {one.place.end for one in read.tokens if one.place.end > one.place.start}


def _by_piece(read: Surprise, ends: Sequence[int]) -> list[float | None]:
    totals: list[float | None] = []
    tokens = iter(read.tokens)
    for end in ends:
        total: float | None = 0.0
        for one in tokens:
            total = None if total is None or one.bits is None else total + one.bits
            if one.place.end == end and one.place.end > one.place.start:
                break
        totals.append(total)
    return totals


def bits_of(model: LanguageModel, ids: Sequence[int]) -> list[float]:
    """The bits of every token but the first, each after those before it."""
    return [
        -NATS_TO_BITS * one
        for log_probabilities, targets in _windows(model, ids)
        for one in log_probabilities.gather(1, targets[:, None]).squeeze(1).tolist()
    ]
