"""Heads of several runs, matched by what they do: how many runs grew each kind, and when."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minigpt.errors import ConfigurationError
from minigpt.introspection.patterns import PATTERNS, Pattern
from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.runs.analysis.inside.growth import GrownHead, Growth
from minigpt.runs.analysis.inside.head_history import Birth
from minigpt.runs.directory import RunDirectory

TABLE_HEAD = (
    f"{'kind':<12}{'runs':>8}{'looks there from step':>30}{'proven':>10}{'proven at step':>26}"
)


@dataclass(frozen=True, kw_only=True)
class BirthSteps:
    """The steps at which some runs did something for the first time."""

    low: float
    high: float
    """The medians of the earliest and the latest step that it can be: two looks lie apart."""
    spread: float | None
    """The standard deviation of the middles between these; None of fewer than two runs, and where
    all lie between the same two looks: that they differ by nothing is more than anybody knows."""


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """How one kind of head fared over several runs."""

    runs: int
    grown: int
    """In how many of them a head stands out for it at the last kept step."""
    looks: BirthSteps
    """From when on one did."""
    from_frames: int
    """In how many of these that is known from frames, and not from kept steps alone."""
    proven: int
    """In how many an experiment confirms it."""
    deed: BirthSteps | None
    """When one first did, among the kept steps; None where none has."""


def median_birth(births: Sequence[Birth]) -> BirthSteps:
    """The median and the spread of one birth or more."""
    middles = [(one.low + one.step) / 2 for one in births]
    return BirthSteps(
        low=float(statistics.median(one.low for one in births)),
        high=float(statistics.median(one.step for one in births)),
        spread=statistics.stdev(middles) if len(set(middles)) > 1 else None,
    )


def recurrences(growths: Sequence[Growth]) -> dict[Pattern, Recurrence]:
    """Each kind that grew in any of the runs, the most frequent first."""
    counted: dict[Pattern, Recurrence] = {}
    for kind in PATTERNS:
        grown = [one.grown[kind] for one in growths if kind in one.grown]
        deeds = [one.deed for one in grown if one.deed]
        if grown:
            counted[kind] = Recurrence(
                runs=len(growths),
                grown=len(grown),
                looks=median_birth([one.looks for one in grown]),
                from_frames=sum(one.is_from_frames for one in grown),
                proven=len(deeds),
                deed=median_birth(deeds) if deeds else None,
            )
    return dict(sorted(counted.items(), key=lambda one: -one[1].grown))


def recipe_differences(runs: Sequence[RunDirectory]) -> list[str]:
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
    """Every number, for other programs; a birth is two steps, between which it came about."""
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
                "looks": _steps_as_json(one.looks),
                "looks_from_frames": one.from_frames,
                "proven": one.proven,
                "deed": _steps_as_json(one.deed) if one.deed else None,
            }
            for kind, one in recurrences(growths).items()
        },
    }


def _steps_as_json(one: BirthSteps) -> dict[str, float | None]:
    return {"median_low": one.low, "median_high": one.high, "spread": one.spread}


def _grown_as_json(grown: GrownHead) -> dict[str, Any]:
    return {
        "layer": grown.head[0] + 1,
        "head": grown.head[1] + 1,
        "share": round(grown.share, 6),
        "chance": round(grown.chance, 6),
        "looks_between": [grown.looks.before, grown.looks.step],
        "looks_from_frames": grown.is_from_frames,
        "proven": grown.deed is not None,
        "proven_between": [grown.deed.before, grown.deed.step] if grown.deed else None,
        "effect": round(grown.effect, 6),
    }


def growths_as_table(growths: Sequence[Growth]) -> str:
    """For a terminal: how often each kind grew, then which head it is in each run."""
    lines = [TABLE_HEAD]
    for kind, one in recurrences(growths).items():
        deed = in_steps(one.deed, _plain) if one.deed else "-"
        runs = f"{one.grown}/{one.runs}"
        lines.append(
            f"{kind:<12}{runs:>8}{in_steps(one.looks, _plain):>30}{one.proven:>10}{deed:>26}"
        )
    for run in growths:
        lines += ["", run.run]
        lines += [
            f"  {one.head[0] + 1}.{one.head[1] + 1:<5}{kind:<12}share {one.share:.2f} "
            f"({one.chance:.2f}), silenced {one.effect:+.3f}, looks {_since(one)}"
            for kind, one in run.grown.items()
        ] or ["  -"]
    return "\n".join(lines)


def _plain(step: float) -> str:
    return f"{step:.0f}"


def in_steps(one: BirthSteps, show: Callable[[float], str]) -> str:
    """A step, or the two between which it lies, and how far runs differ.

    >>> in_steps(BirthSteps(low=100.0, high=160.0, spread=40.0), "{:.0f}".format)
    '100-160 ± 40'
    """
    steps = show(one.high) if one.low == one.high else f"{show(one.low)}-{show(one.high)}"
    return steps if one.spread is None else f"{steps} ± {show(one.spread)}"


def _since(grown: GrownHead) -> str:
    seen = "frames" if grown.is_from_frames else "kept steps"
    born, deed = grown.looks, grown.deed
    steps = f"{born.step}" if born.before is None else f"{born.before}-{born.step}"
    if deed is None:
        return f"{steps} ({seen}), proven -"
    proven = f"{deed.step}" if deed.before is None else f"{deed.before}-{deed.step}"
    return f"{steps} ({seen}), proven {proven}"
