"""Heads of several runs, matched by what they do: what grew, in how many runs, and when.

A head's number says nothing: equal heads sit at other places after another seed. So heads are
matched by the kind of place that they look at far more than by chance and than before training.
When one began to is known from the steps that were kept, no more precisely than these lie apart.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import ConfigurationError
from minigpt.introspection.ablation import Head
from minigpt.introspection.patterns import PATTERNS, Pattern
from minigpt.introspection.report_card import SHARE_WINDOWS, ReportCard, candidates, looks
from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.runs.analysis.head_report import WINDOWS, report_card
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import open_model

TABLE_HEAD = f"{'kind':<12}{'runs':>8}{'by experiment':>16}{'at step':>18}"


@dataclass(frozen=True, kw_only=True)
class Grown:
    """The head of one run that does one thing, at its last kept step.

    Of several the one that is missed most when it is silent, of those that an experiment confirms.
    """

    head: Head
    share: float
    """Of its attention, on places of the kind."""
    chance: float
    step: int
    """The first kept step at which a head of the run did it."""
    before: int | None
    """The last kept step before, at which none did; None where one did at the first."""
    effect: float
    """By how much the loss rises without this head, in nats a token."""
    half_width: float
    """Of the interval around that."""
    is_proven: bool
    """Whether an experiment with the head confirms the kind."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What one run grew."""

    run: str
    steps: tuple[int, ...]
    """The kept ones."""
    grown: Mapping[Pattern, Grown]
    """By kind; without the kinds that no head stands out for."""


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """How one kind of head fared over several runs."""

    runs: int
    grown: int
    """In how many of them a head stands out for it at the last kept step."""
    proven: int
    """In how many an experiment confirms it."""
    step: float | None
    """The mean of the first kept steps at which one did; None where none has."""
    spread: float | None
    """Their standard deviation; None of fewer than two."""


def growth(run: RunDirectory, *, windows: int = WINDOWS, by_mean: bool = False) -> Growth:
    """Look where the heads of a run look at each kept step, and silence them at the last.

    Args:
        run: One whose weights and text are here.
        windows: How many pieces of validation text the experiments read.
        by_mean: Let a silent head bring what it brings on average, not nothing.

    Raises:
        ConfigurationError: the model has no attention, or reads too few tokens at a time.
        MiniGPTError: nothing was kept, or the run's text is not here.
    """
    steps = tuple(one.step for one in list_checkpoints(run.weights))
    trained = open_model(run, step=steps[-1] if steps else None)
    card = report_card(run, trained, windows=windows, by_mean=by_mean)
    while not card.is_done:
        card.measure()
    seen = card.windows[:SHARE_WINDOWS, :-1]
    found = {steps[-1]: card.candidates}
    for step in steps[:-1]:
        model = open_model(run, step=step).model
        found[step] = candidates(looks(model, seen, card.marks), card.before)
    return Growth(run=run.id, steps=steps, grown=_grown(steps, found, card))


def _grown(
    steps: Sequence[int], found: Mapping[int, Mapping[Head, Pattern]], card: ReportCard
) -> dict[Pattern, Grown]:
    grown: dict[Pattern, Grown] = {}
    effects, now = card.effects.estimate, card.looks
    for kind in PATTERNS:
        heads = [head for head, one in found[steps[-1]].items() if one == kind]
        if not heads:
            continue
        named = [head for head in heads if card.name(*head) == kind]
        best = max(named or heads, key=lambda head: float(effects.mean[head]))
        first = next(step for step in steps if kind in found[step].values())
        earlier = [step for step in steps if step < first]
        grown[kind] = Grown(
            head=best,
            share=float(now.shares[kind].heads[best]),
            chance=now.shares[kind].chance,
            step=first,
            before=earlier[-1] if earlier else None,
            effect=float(effects.mean[best]),
            half_width=float(effects.half_width[best]),
            is_proven=bool(named),
        )
    return grown


def recurrences(growths: Sequence[Growth]) -> dict[Pattern, Recurrence]:
    """Each kind that grew in any of the runs, the most frequent first."""
    counted: dict[Pattern, Recurrence] = {}
    for kind in PATTERNS:
        grown = [one.grown[kind] for one in growths if kind in one.grown]
        steps = [one.step for one in grown]
        if grown:
            counted[kind] = Recurrence(
                runs=len(growths),
                grown=len(grown),
                proven=sum(one.is_proven for one in grown),
                step=statistics.fmean(steps),
                spread=statistics.stdev(steps) if len(steps) > 1 else None,
            )
    return dict(sorted(counted.items(), key=lambda one: -one[1].grown))


def differing(runs: Sequence[RunDirectory]) -> list[str]:
    """The settings in which runs differ but for their seeds: of one recipe, none."""
    found = differing_settings({run.id: run.config().to_dict() for run in runs})
    return [one.setting for one in found.differences if one.setting != "seed"]


def require_several(ids: Sequence[str], *, step: int | None = None) -> None:
    """Refuse to match the heads of a run with its own, or at one step alone.

    Raises:
        ConfigurationError: a run is named twice, or a step is.
    """
    if step is not None:
        raise ConfigurationError(
            "Of several runs every kept step is looked at, so --step has no meaning. Leave it out."
        )
    if len(set(ids)) < len(ids):
        raise ConfigurationError("A run is named twice. Name each of the runs once.")


def growths_as_json(growths: Sequence[Growth], *, differ_in: Sequence[str]) -> dict[str, Any]:
    """Every number, for other programs."""
    return {
        "runs": [
            {
                "run": one.run,
                "steps": list(one.steps),
                "heads": {kind: _grown_as_json(grown) for kind, grown in one.grown.items()},
            }
            for one in growths
        ],
        "differ_in": list(differ_in),
        "kinds": {
            kind: {
                "runs": one.runs,
                "grown": one.grown,
                "proven": one.proven,
                "step": one.step,
                "spread": one.spread,
            }
            for kind, one in recurrences(growths).items()
        },
    }


def _grown_as_json(grown: Grown) -> dict[str, Any]:
    return {
        "layer": grown.head[0] + 1,
        "head": grown.head[1] + 1,
        "share": round(grown.share, 6),
        "chance": round(grown.chance, 6),
        "step": grown.step,
        "step_before": grown.before,
        "effect": round(grown.effect, 6),
        "proven": grown.is_proven,
    }


def growths_as_table(growths: Sequence[Growth]) -> str:
    """For a terminal: how often each kind grew, then which head it is in each run."""
    lines = [TABLE_HEAD]
    for kind, one in recurrences(growths).items():
        when = "-" if one.step is None else f"{one.step:.0f}"
        when += "" if one.spread is None else f" ± {one.spread:.0f}"
        lines.append(f"{kind:<12}{f'{one.grown}/{one.runs}':>8}{one.proven:>16}{when:>18}")
    for run in growths:
        lines += ["", run.run]
        lines += [
            f"  {one.head[0] + 1}.{one.head[1] + 1:<5}{kind:<12}share {one.share:.2f} "
            f"({one.chance:.2f}), silenced {one.effect:+.3f}, since {_since(one)}"
            for kind, one in run.grown.items()
        ] or ["  -"]
    return "\n".join(lines)


def _since(grown: Grown) -> str:
    return f"{grown.step}" if grown.before is None else f"{grown.before} to {grown.step}"
