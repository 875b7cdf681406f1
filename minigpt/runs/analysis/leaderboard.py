"""Which run did most with the same amount of computing. Pure functions of what runs wrote down.

Compute is counted as 6 x parameters x tokens seen, in floating point operations: two for each
weight and token on the way forward, four on the way back (Kaplan et al. 2020, Hoffmann et al.
2022). All parameters count, tables of tokens too. In models as small as these they are much of the
work, since a tied table is multiplied with at every token; and a bigram is nothing else, so without
it a bigram would train for nothing. What attention spends on comparing tokens with each other is
left out: it has no weights. That favours long contexts a little.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from minigpt.runs.analysis.curves import thin_rows
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import MetricRow
from minigpt.runs.store import bits_per_character

OPERATIONS_PER_WEIGHT = 6
MOST_EVALUATIONS = 5_000
"""Of one run; of more, every so many are ranked, and the last."""


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One look at the validation text."""

    step: int
    compute: float
    """Floating point operations spent on training until then."""
    bits: float
    """Bits per character."""


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A run that can be ranked against others on the same text."""

    run: str
    evaluations: tuple[Evaluation, ...]
    """In the order of steps; at least one."""

    @property
    def compute_reached(self) -> float:
        """The compute of the last look, which is as far as the run is known."""
        return self.evaluations[-1].compute


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a run stands at a budget."""

    run: str
    rank: int | None
    """1 is the best; equal ones share a rank. None for a run that has not got that far."""
    best: Evaluation | None
    """Its best look within the budget; None if its first look already cost more."""
    last: Evaluation
    """Its last look within the budget, or its very last if it has not got that far."""


@dataclass(frozen=True, kw_only=True)
class ComputeHistory:
    """What ranking needs of a run, besides what every list of runs says of it."""

    text: str
    """What it was judged by: the text's checksum, else its name, and the part if not the last."""
    is_fresh: bool
    """Whether it began with random weights. Else part of its compute is on another's account."""
    looks: tuple[tuple[int, float, float], ...]
    """Step, tokens seen by then, and validation loss in nats per token."""


def read_compute_history(run: RunDirectory) -> ComputeHistory:
    """Of a run, as its files say; what is damaged there counts as absent."""
    settings = run.settings()
    looks = [look for row in run.metric_rows() if (look := _look(row))]
    return ComputeHistory(
        text=settings.judged_by,
        is_fresh=settings.start == "fresh",
        looks=tuple(sorted(thin_rows(looks, MOST_EVALUATIONS))),
    )


def contestant(
    run: str,
    history: ComputeHistory,
    *,
    parameters: int | None,
    characters_per_token: float | None,
) -> Contestant | str:
    """A run made ready for ranking; or why it cannot be ranked, in words.

    Args:
        run: its id.
        history: what it wrote down.
        parameters: how many numbers the model learns, all of them.
        characters_per_token: of its validation text.
    """
    if not history.is_fresh:
        return "it began with the weights of another run"
    if not history.looks or not parameters:
        return "it has not been judged by the validation text yet"
    if characters_per_token is None:
        return "nobody measured how long its tokens are"
    evaluations = tuple(
        Evaluation(
            step=step,
            compute=OPERATIONS_PER_WEIGHT * parameters * tokens,
            bits=bits,
        )
        for step, tokens, loss in history.looks
        if (bits := bits_per_character(loss, characters_per_token)) is not None
    )
    return Contestant(run=run, evaluations=evaluations)


def rank_at(contestants: Sequence[Contestant], budget: float) -> list[Standing]:
    """Runs by the lowest bits per character that they reached within a budget.

    A run whose last look cost less than the budget has no rank: what it would have done with the
    rest is not known. Such runs come last, the one that got furthest first.
    """
    arrived = [_standing(one, budget) for one in contestants if one.compute_reached >= budget]
    arrived.sort(key=lambda standing: (_bits(standing), standing.run))
    ranked: list[Standing] = []
    for _, equals in groupby(arrived, key=_bits):
        rank = len(ranked) + 1
        ranked += [_ranked(standing, rank) for standing in equals]
    short = sorted(
        (one for one in contestants if one.compute_reached < budget),
        key=lambda one: (-one.compute_reached, one.run),
    )
    return [*ranked, *(_standing(one, budget) for one in short)]


def budgets(contestants: Sequence[Contestant], count: int) -> list[float]:
    """Stops for a slider, evenly apart on a logarithmic scale, each with two leading digits.

    From where the first run has learnt anything to where the last one ends; empty without runs.
    """
    costs = [one.compute for run in contestants for one in run.evaluations if one.compute > 0]
    if not costs:
        return []
    low, high = math.log10(min(costs)), math.log10(max(costs))
    # Downwards, so that whoever ended at a stop has got that far.
    stops = {
        _two_digits_down(10 ** (low + (high - low) * index / max(1, count - 1)))
        for index in range(count)
    }
    return sorted(stops)


def fair_budget(contestants: Sequence[Contestant], stops: Sequence[float]) -> float | None:
    """The largest stop that at least half of the runs have reached; None if there is no stop.

    Not all of them: one short run would hold all the others at their beginnings.
    """
    if not contestants or not stops:
        return None
    reached = sorted((one.compute_reached for one in contestants), reverse=True)
    half = reached[(len(reached) - 1) // 2]
    return max((stop for stop in stops if stop <= half), default=stops[0])


def _look(row: MetricRow) -> tuple[int, float, float] | None:
    tokens, loss = row.tokens, row.validation_loss
    return None if tokens is None or loss is None else (row.step, float(tokens), loss)


def _standing(one: Contestant, budget: float) -> Standing:
    within = [each for each in one.evaluations if each.compute <= budget]
    return Standing(
        run=one.run,
        rank=None,
        best=min(within, key=lambda each: each.bits, default=None),
        last=within[-1] if within else one.evaluations[0],
    )


def _ranked(standing: Standing, rank: int) -> Standing:
    # A run whose very first look cost more than the budget shows nothing within it.
    return replace(standing, rank=rank if standing.best else None)


def _bits(standing: Standing) -> float:
    return standing.best.bits if standing.best else math.inf


def _two_digits_down(value: float) -> float:
    power = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / power) * power
