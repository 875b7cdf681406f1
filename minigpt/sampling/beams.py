"""Beam search: the likeliest whole continuations instead of one token after another.

A token that looks best now may lead nowhere. So several continuations are kept, each step extends
all of them by all tokens, and only the likeliest of those go on. What one gets is likely, not
lively: for text like a person's, drawing is better (Holtzman et al. 2020); beams show what the
model holds most probable.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch

from minigpt.configuration import require_between
from minigpt.models.language_model import LanguageModel
from minigpt.sampling.decoder import Decoder

MOST_BEAMS = 64


@dataclass(frozen=True)
class Beam:
    """A continuation and how probable the model holds it."""

    tokens: tuple[int, ...]
    log_probability: float
    """Of all its tokens together, in nats; 0 is certain."""

    def score(self, length_normalisation: float) -> float:
        """What beams are ranked by: the longer the text, the smaller its probability must be."""
        return self.log_probability / math.pow(max(1, len(self.tokens)), length_normalisation)


def beam_search(
    model: LanguageModel,
    prompt: Sequence[int],
    *,
    beams: int,
    tokens: int,
    length_normalisation: float = 1.0,
    has_ended: Callable[[Sequence[int]], bool] = lambda drawn: False,
) -> list[Beam]:
    """The best continuations found, the best first.

    Args:
        model: In eval mode.
        prompt: What to continue.
        beams: How many continuations are kept; 1 always takes the likeliest token.
        tokens: The length at which all end.
        length_normalisation: 0 ranks by probability, which favours those that ended early; 1 by
            probability a token.
        has_ended: Whether a continuation is whole before that.

    Raises:
        ConfigurationError: the prompt is empty, or there are too many beams or none.
    """
    require_between("sampling.beams", beams, 1, MOST_BEAMS, called="beams")
    decoder, ended = Decoder(model), list[Beam]()
    scores = decoder.add(prompt)[None]
    going = [Beam((), 0.0)]
    for _ in range(tokens):
        chosen: list[tuple[int, Beam]] = []
        for parent, beam in _extended(going, scores, 2 * beams):
            if has_ended(beam.tokens):
                ended.append(beam)
            elif len(chosen) < beams:
                chosen.append((parent, beam))
        going = [beam for _, beam in chosen]
        # Texts that all ended leave nothing to extend.
        if not going:
            break
        decoder.choose([parent for parent, _ in chosen])
        scores = decoder.advance([beam.tokens[-1] for beam in going])
    ranked = [*ended, *going]
    ranked.sort(key=lambda beam: beam.score(length_normalisation), reverse=True)
    return ranked[:beams]


def _extended(going: list[Beam], scores: torch.Tensor, count: int) -> Iterator[tuple[int, Beam]]:
    """The likeliest extensions of all beams by one token, with the number of the beam extended."""
    before = torch.tensor([beam.log_probability for beam in going], dtype=torch.float64)
    after = before[:, None] + scores.cpu().double().log_softmax(-1)  # (beams, V)
    vocabulary_size = after.shape[1]
    best = after.flatten().sort(descending=True, stable=True)
    for value, place in zip(
        best.values[:count].tolist(), best.indices[:count].tolist(), strict=True
    ):
        parent, token = divmod(place, vocabulary_size)
        yield parent, Beam((*going[parent].tokens, token), value)
