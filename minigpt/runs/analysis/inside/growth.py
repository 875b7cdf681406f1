"""Which kinds of heads a run grew, and between which two looks each was born.

A head's number says nothing: equal heads sit at other places after another seed. So heads are
matched by the kind of place that they look at far more than by chance and than before training.

There are two births of a kind. One is of its looks: from then on, at every look, a head of the run
looks there. The steps that were kept say when, no more precisely than these lie apart; frames that
a run kept of one text while it trained narrow that down, where its text shows it. The other is of
its deed: the report card confirms by experiment that the head is for that. It takes weights, so it
is known from the kept steps alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.introspection.ablation import Head
from minigpt.introspection.heads import Share
from minigpt.introspection.patterns import PATTERNS, Pattern
from minigpt.introspection.report_card import (
    SHARE_WINDOWS,
    Looks,
    ReportCard,
    candidate_heads,
    looks,
)
from minigpt.runs.analysis.head_report import punctuation, report_card
from minigpt.runs.analysis.inside.head_history import Birth
from minigpt.runs.analysis.inside.texts import MOST_WINDOWS
from minigpt.runs.attention.film import film_of
from minigpt.runs.attention.film_scores import film_scores
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import open_model


@dataclass(frozen=True, kw_only=True)
class GrownHead:
    """The head of one run that does one thing, at its last kept step.

    Of several the one that is missed most when it is silent, of those that an experiment confirms.
    """

    head: Head
    share: float
    """Of its attention, on places of the kind."""
    chance: float
    looks: Birth
    """From when on a head of the run looked there, at every look."""
    is_from_frames: bool
    """Whether frames of one text narrowed that down between two kept steps."""
    deed: Birth | None
    """When an experiment first confirmed the kind, among the kept steps; None where none does at
    the last."""
    effect: float
    """By how much the loss rises without this head, in nats a token."""
    half_width: float
    """Of the interval around that."""


@dataclass(frozen=True, kw_only=True)
class Growth:
    """What one run grew."""

    run: str
    steps: tuple[int, ...]
    """The kept ones."""
    grown: Mapping[Pattern, GrownHead]
    """By kind; without the kinds that no head stands out for."""


Found = Mapping[int, Mapping[Head, Pattern]]
"""At each step, the heads that stand out and what for."""


def growth(run: RunDirectory, *, windows: int = MOST_WINDOWS, by_mean: bool = False) -> Growth:
    """Look where the heads of a run look at each kept step, and silence them where that matters.

    Args:
        run: One whose weights and text are here.
        windows: How many pieces of validation text the experiments read.
        by_mean: Let a silent head bring what it brings on average, not nothing.

    Raises:
        ConfigurationError: the model has no attention, or reads too few tokens at a time.
        MiniGPTError: nothing was kept, or the run's text is not here.
    """
    experiments = _Experiments(run, windows, by_mean)
    steps = tuple(one.step for one in list_checkpoints(run.weights))
    card = experiments.card(steps[-1] if steps else None)
    seen = card.windows[:SHARE_WINDOWS, :-1]
    found: dict[int, Mapping[Head, Pattern]] = {}
    for step in steps[:-1]:
        model = open_model(run, step=step).model
        found[step] = candidate_heads(looks(model, seen, card.marks), card.before)
    found[steps[-1]] = card.candidates
    frames = _stand_out_in_frames(run) if card.candidates else {}
    grown = {}
    for kind in PATTERNS:
        if kind in card.candidates.values():
            born = _for_good(kind, found)
            narrowed = _narrowed(born, kind, frames)
            grown[kind] = GrownHead(
                **_best(kind, card),
                looks=narrowed or born,
                is_from_frames=narrowed is not None,
                deed=experiments.first_proof(kind, found),
            )
    return Growth(run=run.id, steps=steps, grown=grown)


class _Experiments:
    """The report cards of a run, each made once."""

    def __init__(self, run: RunDirectory, windows: int, by_mean: bool) -> None:
        self._run, self._windows, self._by_mean = run, windows, by_mean
        self._cards: dict[int | None, ReportCard] = {}

    def card(self, step: int | None) -> ReportCard:
        """The finished card of a step."""
        if step not in self._cards:
            trained = open_model(self._run, step=step)
            card = report_card(self._run, trained, windows=self._windows, by_mean=self._by_mean)
            while not card.is_done:
                card.measure()
            self._cards[step] = card
        return self._cards[step]

    def first_proof(self, kind: Pattern, found: Found) -> Birth | None:
        """The first kept step at which a head has this name; None where none has at the last."""
        steps = list(found)
        if not _named(kind, self.card(steps[-1])):
            return None
        for before, step in zip([None, *steps], steps, strict=False):
            if kind in found[step].values() and _named(kind, self.card(step)):
                return Birth(before=before, step=step)
        return None


def _named(kind: Pattern, card: ReportCard) -> list[Head]:
    return [head for head in card.candidates if card.name(*head) == kind]


def _best(kind: Pattern, card: ReportCard) -> dict[str, Any]:
    """The head that does it, and its numbers."""
    heads = [head for head, one in card.candidates.items() if one == kind]
    effects, share = card.effects.estimate, card.looks.shares[kind]
    best = max(_named(kind, card) or heads, key=lambda head: float(effects.mean[head]))
    return {
        "head": best,
        "share": float(share.heads[best]),
        "chance": share.chance,
        "effect": float(effects.mean[best]),
        "half_width": float(effects.half_width[best]),
    }


def _for_good(kind: Pattern, found: Found) -> Birth:
    """From when on a head stands out for a kind at every look; it does so at the last."""
    steps = list(found)
    first = len(steps) - 1
    while first and kind in found[steps[first - 1]].values():
        first -= 1
    return Birth(before=steps[first - 1] if first else None, step=steps[first])


def _narrowed(born: Birth, kind: Pattern, frames: Found) -> Birth | None:
    """The same from the frames between these two kept steps; None where they do not show it."""
    between = {
        step: found for step, found in frames.items() if born.low < step <= born.step
    }  # fmt: skip
    if born.before is None or not between or kind not in list(between.values())[-1].values():
        return None
    finer = _for_good(kind, between)
    return finer if finer.before is not None else Birth(before=born.before, step=finer.step)


def _stand_out_in_frames(run: RunDirectory) -> Found:
    """At each frame the heads that stand out on its text; nothing where a run kept no frames."""
    film = film_of(run.frame_rows())
    tokenizer = run.tokenizer()
    if film is None or max(film.ids) >= tokenizer.vocabulary_size:
        return {}
    scores = film_scores(film, punctuation(tokenizer))
    spread = torch.zeros(film.layers, film.heads)  # nobody asks how spread out they look

    def at(frame: int) -> Looks:
        shares = {
            kind: Share(heads=torch.from_numpy(score.shares[frame]), chance=score.chance)
            for kind, score in scores.items()
        }
        return Looks(shares=shares, entropy=spread)

    before = at(0) if film.steps[0] == 0 else None
    return {step: candidate_heads(at(frame), before) for frame, step in enumerate(film.steps)}
