"""Choosing the next token: from a real model's odds to one letter, step by step."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.language_model import LanguageModel
from minigpt.sampling.beams import beam_search
from minigpt.sampling.distribution import (
    SamplingConfig,
    choose_token,
    next_token_distribution,
)
from minigpt.tokenizers import Tokenizer

SHOWN, BEAM_LENGTH = 8, 8
"""Letters that are shown; letters that beams are long."""


@dataclass(frozen=True, kw_only=True)
class Odds:
    """What a model expects next, before and after the filters."""

    text: str
    vocabulary: Sequence[str]
    plain: Float[Tensor, " V"]
    kept: Float[Tensor, " V"]
    """After temperature, top-k and top-p."""
    uniform: float
    """The number that the die shows."""
    drawn: int
    """The token on whose stretch it falls."""

    @property
    def left(self) -> int:
        """How many tokens can still be drawn."""
        return int((self.kept > 0).sum())

    @property
    def largest(self) -> float:
        """The share of the likeliest token after the filters."""
        return self.kept.max().item()

    @property
    def likeliest(self) -> list[int]:
        """The tokens that the model expects most, the likeliest first."""
        found: list[int] = self.plain.topk(min(SHOWN, len(self.plain))).indices.tolist()
        return found

    @property
    def letter(self) -> str:
        """What was drawn."""
        return self.vocabulary[self.drawn]


ODDS = Snippet(
    """
import torch
import minigpt

opened = minigpt.open_model(minigpt.open_run($run))
ids = torch.tensor([opened.tokenizer.encode($text)])
logits = opened.model(ids)[0, -1].detach()
plain = logits.softmax(dim=-1)

kept = (logits / $temperature).softmax(dim=-1)                     # temperature
if $top_k:
    kept = torch.where(kept >= kept.topk($top_k).values[-1], kept, 0)    # top-k
    kept = kept / kept.sum()
if $top_p < 1:
    ordered, places = kept.sort(descending=True)
    before = ordered.cumsum(dim=0) - ordered                       # top-p: the fewest
    kept = torch.zeros_like(kept).scatter(0, places, ordered * (before < $top_p))
    kept = kept / kept.sum()

left, largest = int((kept > 0).sum()), kept.max().item()
drawn = int(torch.searchsorted(kept.double().cumsum(dim=0), $uniform, right=True))  # the die
letter = opened.tokenizer.vocabulary[drawn]
""",
    ("plain", "kept", "left", "largest", "drawn", "letter"),
)


def odds_after(
    model: LanguageModel, tokenizer: Tokenizer, text: str, sampling: SamplingConfig, uniform: float
) -> Odds:
    """What a model expects after a text, and what a number between 0 and 1 makes of it."""
    ids = tokenizer.encode(text)[-model.context_length :]
    with torch.inference_mode():
        logits = model(torch.tensor([ids]))[0, -1]
    kept = next_token_distribution(logits, sampling)
    return Odds(
        text=text,
        vocabulary=tokenizer.vocabulary,
        plain=logits.softmax(dim=-1),
        kept=kept,
        uniform=uniform,
        drawn=int(choose_token(kept, torch.tensor(uniform))),
    )


@dataclass(frozen=True, kw_only=True)
class DrawnText:
    """Some letters, each with the odds that it was drawn with."""

    prompt: str
    letters: tuple[str, ...]
    shares: tuple[float, ...]
    """The probability of each letter when it was drawn."""


WRITTEN = Snippet(
    """
import torch
import minigpt

opened = minigpt.open_model(minigpt.open_run($run))
chance = torch.Generator().manual_seed($seed)
ids, letters, shares = opened.tokenizer.encode($text), (), ()
for _ in range($count):
    context = torch.tensor([ids[-opened.model.context_length :]])    # 1. the context
    logits = opened.model(context)[0, -1].detach()                   # 2. predict
    odds = logits.softmax(dim=-1)
    drawn = torch.multinomial(odds, 1, generator=chance).item()      # 3. sample
    ids.append(drawn)                                                # 4. append, 5. again
    letters += (opened.tokenizer.vocabulary[drawn],)
    shares += (odds[drawn].item(),)
""",
    ("letters", "shares"),
)


def draw_text(
    model: LanguageModel, tokenizer: Tokenizer, text: str, count: int, seed: int
) -> DrawnText:
    """Draw so many tokens after a text, one after the other."""
    chance, ids = seeded_generator(seed), tokenizer.encode(text)
    letters, shares = [], []
    for _ in range(count):
        with torch.inference_mode():
            context = torch.tensor([ids[-model.context_length :]])
            probabilities = model(context)[0, -1].softmax(dim=-1)
        drawn = int(torch.multinomial(probabilities, 1, generator=chance))
        ids.append(drawn)
        letters.append(tokenizer.vocabulary[drawn])
        shares.append(probabilities[drawn].item())
    return DrawnText(prompt=text, letters=tuple(letters), shares=tuple(shares))


@dataclass(frozen=True, kw_only=True)
class Beams:
    """Two ways to look for a likely text, and how probable what they found is."""

    greedy: str
    greedy_percent: float
    """Of all its letters together."""
    beams: str
    beams_percent: float


BEAMS = Snippet(
    """
import math
import minigpt
from minigpt.sampling.beams import beam_search

opened = minigpt.open_model(minigpt.open_run($run))
prompt = opened.tokenizer.encode($text)
likeliest = beam_search(opened.model, prompt, beams=1, tokens=8)[0]
found = beam_search(opened.model, prompt, beams=$beams, tokens=8)[0]
greedy, beams = (opened.tokenizer.decode(one.tokens) for one in (likeliest, found))
greedy_percent, beams_percent = (
    100 * math.exp(one.log_probability) for one in (likeliest, found))
""",
    ("greedy", "greedy_percent", "beams", "beams_percent"),
)


def compare_beams(model: LanguageModel, tokenizer: Tokenizer, text: str, count: int) -> Beams:
    """The likeliest letter each time, against keeping several continuations."""
    prompt = tokenizer.encode(text)
    greedy, best = (
        beam_search(model, prompt, beams=one, tokens=BEAM_LENGTH)[0] for one in (1, count)
    )
    return Beams(
        greedy=tokenizer.decode(greedy.tokens),
        greedy_percent=100 * _probability(greedy.log_probability),
        beams=tokenizer.decode(best.tokens),
        beams_percent=100 * _probability(best.log_probability),
    )


def _probability(logarithm: float) -> float:
    return torch.tensor(logarithm, dtype=torch.float64).exp().item()
