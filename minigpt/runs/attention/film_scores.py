"""Where each head looked, frame by frame of a film: the shares of the report card over a training.

Like every share they stand beside their chance level, what a head would give there that looks at
all its past alike. They are of one short text, so they say when a head began to look somewhere; a
report card, on many windows and with heads silenced, says whether that matters.
"""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minigpt.introspection.heads import FIRST_ROW, share_on
from minigpt.introspection.patterns import PATTERNS, Pattern, places
from minigpt.runs.attention.film import Film

DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Score:
    """How much of their attention the heads gave to one kind of place."""

    shares: Float[np.ndarray, "frames layers heads"]
    """Means over the rows of the text, from 0 to 1."""
    chance: float

    @property
    def best(self) -> tuple[int, int]:
        """The head with the largest share in the last frame: its layer and its place there."""
        last = self.shares[-1]
        layer, head = np.unravel_index(int(last.argmax()), last.shape)
        return int(layer), int(head)


Scores = Mapping[Pattern, Score]


def film_scores(film: Film, marks: Bool[Tensor, " V"] | None = None) -> Scores:
    """The shares of every kind of place that the text has; none where it is too short for any.

    Args:
        film: One frame at least.
        marks: Which tokens of the vocabulary are punctuation; none unless given.
    """
    if len(film.ids) <= FIRST_ROW:
        return {}
    tokens = torch.tensor([film.ids])
    weights = torch.from_numpy(np.stack([film.maps(one) for one in range(len(film.steps))]))
    # Bytes are rounded, all of a row's alike where it is even; its weights sum to one again.
    weights = weights / weights.sum(-1, keepdim=True).clamp(min=1e-6)
    found: dict[Pattern, Score] = {}
    for kind in PATTERNS:
        where = places(kind, tokens, marks)
        share = share_on(weights.flatten(0, 1)[None], where)  # frames as layers
        if not math.isnan(share.chance):
            shares = share.heads.view(len(film.steps), film.layers, film.heads)
            found[kind] = Score(shares=shares.numpy(), chance=share.chance)
    return found


def join_scores(first: Scores, then: Scores) -> Scores:
    """The scores of a film's beginning and of what came after it, as one."""
    return {
        kind: Score(shares=np.concatenate([first[kind].shares, one.shares]), chance=one.chance)
        for kind, one in then.items()
        if kind in first
    }


def scores_as_csv(film: Film, scores: Scores) -> str:
    """A line for each step, kind and head; layers and heads are counted from 1."""
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["step", "kind", "layer", "head", "share", "chance"])
    for kind, score in scores.items():
        for (frame, layer, head), share in np.ndenumerate(score.shares):
            place = (film.steps[frame], kind, layer + 1, head + 1)
            table.writerow([*place, round(float(share), DIGITS), round(score.chance, DIGITS)])
    return buffer.getvalue()
