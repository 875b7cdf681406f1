"""What each head is for, by where it looks and by what is lost when it does not.

A share alone proves nothing: a head may look at the previous token and do nothing with it. An
effect alone says nothing about what for. So a head gets a name only if three things agree: it looks
at one kind of place far more than by chance and than before training; the loss rises when it is
silenced, with an interval that leaves out zero; and most of that rise comes about when it is blind
to those places alone. Everything else that matters is "mixed".
"""

import math
from dataclasses import dataclass, field
from itertools import product
from statistics import NormalDist
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minigpt.introspection.ablation import (
    Head,
    HeadMeans,
    PlainPass,
    Replacement,
    changed_losses,
    head_means,
    heads_shape,
    plain_pass,
    redirect_head,
    silence_head,
    token_losses,
    with_heads,
)
from minigpt.introspection.heads import FIRST_ROW, HeadNumbers, Share, share_on
from minigpt.introspection.patterns import PATTERNS, Pattern, blind_to, places
from minigpt.introspection.trace import trace
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Tokens

LEAST_SHARE = 0.3
"""Of a head's attention on one kind of place."""
LEAST_MARGIN = 0.15
"""Above chance, and above the same head before training."""
LEAST_EFFECT = 0.005
"""In nats per token."""
LEAST_PART = 0.5
"""Of the effect: what being blind to the places of its kind must cost."""
FEWEST_WINDOWS = 4
"""Before an interval is given: fewer say little about how windows differ."""
MIXED, IDLE = "mixed", ""

Source = Literal["validation", "kept", "given"]
"""Where the text is from that heads are judged by: the validation text itself, pieces of it that
were kept with the run, or a text that somebody brought, of which nobody knows whether the model was
trained on it."""


@dataclass(frozen=True)
class Interval:
    """A mean over windows, with an interval that holds the true one 95 times out of 100."""

    mean: Float[Tensor, "..."]
    half_width: Float[Tensor, "..."]
    """Infinite while there are too few windows."""
    windows: int

    @property
    def low(self) -> Float[Tensor, "..."]:
        """The interval's lower end."""
        return self.mean - self.half_width


@dataclass
class Tally:
    """Numbers of windows that come one after the other."""

    shape: tuple[int, ...]
    windows: int = 0
    total: Tensor = field(init=False)
    squares: Tensor = field(init=False)
    _known: "Interval | None" = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        self.total = torch.zeros(self.shape, dtype=torch.float64)
        self.squares = self.total.clone()

    def add(self, values: Float[Tensor, "..."]) -> None:
        """Count one more window."""
        self.total += values
        self.squares += values.double() ** 2
        self.windows += 1  # last: what is known is known of so many

    @property
    def estimate(self) -> Interval:
        """What is known so far."""
        known = self._known
        if known is None or known.windows != self.windows:
            known = self._known = self._estimate(self.windows)
        return known

    def _estimate(self, windows: int) -> Interval:
        count = max(1, windows)
        mean = self.total / count
        if windows < FEWEST_WINDOWS:
            return Interval(mean.float(), torch.full_like(mean, math.inf).float(), windows)
        variance = (self.squares / count - mean**2).clamp(min=0) * count / (count - 1)
        half = student_quantile(count - 1) * (variance / count).sqrt()
        return Interval(mean.float(), half.float(), windows)


def student_quantile(freedom: int) -> float:
    """How many standard errors hold 95 % (Student's t), by Cornish and Fisher's expansion."""
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / freedom + second / freedom**2 + third / freedom**3


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Where heads look, each kind with its chance level, and how spread out that is."""

    shares: dict[Pattern, Share]
    entropy: HeadNumbers
    """Of the rows, from 0 for one place only to 1 for all of the past alike."""


def looks(model: LanguageModel, tokens: Tokens, marks: Bool[Tensor, " V"] | None = None) -> Looks:
    """Where the heads look in some texts.

    Raises:
        ValueError: the texts have no row from `FIRST_ROW` on.
    """
    weights = trace(model, tokens, keep={"weights"}).attention
    shares = {kind: share_on(weights, places(kind, tokens, marks)) for kind in PATTERNS}
    return Looks(shares=shares, entropy=row_entropy(weights))


def row_entropy(weights: Float[Tensor, "B L H T T"]) -> HeadNumbers:
    """How spread out the rows are on average, as a share of what a row of that length can be."""
    rows = weights[..., FIRST_ROW:, :]
    entropy = torch.special.entr(rows).sum(-1)  # (B, L, H, rows)
    most = torch.arange(FIRST_ROW + 1, weights.shape[-1] + 1).log()
    means: Tensor = (entropy / most).mean((0, 3))
    return means


def candidate_heads(now: Looks, before: Looks | None) -> dict[Head, Pattern]:
    """For each head that looks at one kind of place far more than it would by chance, the kind.

    And, where it is known, far more than the same head before it was trained.
    """
    margins: dict[Head, tuple[float, Pattern]] = {}
    layers, heads = now.entropy.shape
    for head in product(range(layers), range(heads)):
        for kind, share in now.shares.items():
            untrained = before.shares[kind].heads[head] if before else share.chance
            margin = float(share.heads[head]) - max(share.chance, float(untrained))
            stands_out = float(share.heads[head]) >= LEAST_SHARE and margin >= LEAST_MARGIN
            if stands_out and margin > margins.get(head, (0.0, ""))[0]:
                margins[head] = (margin, kind)
    return {head: kind for head, (_, kind) in margins.items()}


class ReportCard:
    """The measurement: window after window, each making the numbers surer."""

    def __init__(
        self,
        model: LanguageModel,
        windows: Tokens,
        *,
        source: Source = "validation",
        untrained: LanguageModel | None = None,
        marks: Bool[Tensor, " V"] | None = None,
        by_mean: bool = False,
    ) -> None:
        """Look where the heads look; effects come with `measure`.

        Args:
            model: In eval mode, with attention.
            windows: Texts, at best such that it was not trained on; one token longer than is read
                at a time.
            source: Where they are from.
            untrained: The same model before it was trained, if it is known.
            marks: Which tokens are punctuation.
            by_mean: Let a silent head bring what it brings on average, not nothing.
        """
        self.model, self.windows, self.marks = model, windows, marks
        self.source = source
        seen = windows[:SHARE_WINDOWS]
        self.looks = looks(model, seen[:, :-1], marks)
        self.before = None if untrained is None else looks(untrained, seen[:, :-1], marks)
        self.means = _means(model, seen) if by_mean else None
        shape = heads_shape(model)
        self.loss, self.without_all = Tally(()), Tally(())
        self.effects, self.blind = Tally(shape), Tally(shape)
        self.candidates = candidate_heads(self.looks, self.before)

    @property
    def is_done(self) -> bool:
        """Whether every window has been read."""
        return self.blind.windows >= len(self.windows)

    def measure(self) -> None:
        """Read one more window: first without each head, then with heads that see less."""
        if self.blind.windows < self.effects.windows:
            self._blind(self.blind.windows)
        elif not self.is_done:
            self._silence(self.effects.windows)

    def _plain(self, index: int) -> PlainPass:
        window = self.windows[index : index + 1]
        return plain_pass(self.model, window[:, :-1], window[:, 1:])

    def _silence(self, index: int) -> None:
        plain = self._plain(index)
        changes = [silence_head(plain, head, means=self.means) for head in plain.heads]
        loss = plain.losses.mean()
        self.loss.add(loss)
        self.effects.add(_means_of(plain, changes) - loss)
        off = with_heads(self.model, torch.zeros(heads_shape(self.model)), means=self.means)
        with torch.inference_mode():
            logits = off(self.windows[index : index + 1, :-1])
        self.without_all.add(token_losses(logits, plain.targets).mean() - loss)

    def _blind(self, index: int) -> None:
        plain = self._plain(index)
        lost = torch.zeros(heads_shape(self.model))
        if self.candidates:
            changes = self._see_less(plain, self.windows[index : index + 1, :-1])
            found = changed_losses(plain, changes).mean((1, 2)) - plain.losses.mean()
            rows, columns = zip(*self.candidates, strict=True)
            lost[rows, columns] = found
        self.blind.add(lost)

    def _see_less(self, plain: PlainPass, tokens: Tokens) -> list[Replacement]:
        seen = trace(self.model, tokens, keep={"weights"}).layers
        where = {kind: places(kind, tokens, self.marks) for kind in set(self.candidates.values())}
        return [
            redirect_head(plain, (layer, head), blind_to(where[kind], seen[layer].weights[:, head]))
            for (layer, head), kind in self.candidates.items()
        ]

    @property
    def does_something(self) -> bool | None:
        """Whether the heads together matter at all; None while that is not sure."""
        together = self.without_all.estimate
        if not math.isfinite(float(together.half_width)):
            return None
        return bool(together.low > LEAST_EFFECT)

    def name(self, layer: int, head: int) -> Pattern | str:
        """What a head is for: a kind of place, "mixed", or "" where nothing is known to be lost."""
        if not self.does_something:
            return IDLE
        kind = self.candidates.get((layer, head))
        effect = self.effects.estimate
        if not float(effect.low[layer, head]) > 0 or effect.mean[layer, head] < LEAST_EFFECT:
            return IDLE
        if kind is None or not self.blind.windows:
            return MIXED
        part = float(self.blind.estimate.mean[layer, head])
        return kind if part >= LEAST_PART * float(effect.mean[layer, head]) else MIXED


SHARE_WINDOWS = 16
"""In which it is looked at where heads look; what that costs in memory grows with it."""


def _means(model: LanguageModel, windows: Tokens) -> HeadMeans:
    return head_means(plain_pass(model, windows[:, :-1], windows[:, 1:]))


def _means_of(plain: PlainPass, changes: list[Replacement]) -> HeadNumbers:
    return changed_losses(plain, changes).mean((1, 2)).view(heads_shape(plain.model))
