"""A short training beside a sound one, what the page of a run would say of it, and its curves."""

import re
from dataclasses import replace

from minigpt.corpora.corpus import Corpus
from minigpt.lessons.whole_runs import broken
from minigpt.lessons.whole_runs.broken import (
    BATCH,
    EVERY,
    FaultyAndSound,
    Outcome,
    Recipe,
    sound_of,
)
from minigpt.lessons.whole_runs.small_gpt import CONTEXT, WIDTH
from minigpt.models.configs import GPTConfig
from minigpt.runs.analysis.evidence import Evidence
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import Verdict, judge_evidence, verdict_lines
from minigpt.runs.config import RunConfig
from minigpt.runs.presets.trainings import plain_training
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Figure, Text, Words
from ui.i18n import _, translated
from ui.screens.learn.moving import text_at_hand
from ui.screens.learn.sharing import tell_progress
from ui.services import runs
from ui.services.models import SizedCache
from ui.services.work.pieces import Pieces
from ui.wording import glyph

LINE_BREAK = glyph("\n")
EMPTY_LINES = re.compile(f"(?:^{LINE_BREAK}\n){{4,}}", re.MULTILINE)
"""So many below each other would fill pages."""


WAITING = N_("Two small models are learning …")
OUTCOME_BYTES, OUTCOMES_BYTES = 100_000, 10_000_000
"""What came of a training takes at most, and all that are kept. One that goes on also holds the
text, at 8 bytes a character."""

_outcomes: SizedCache[Pieces[float | Outcome]] = SizedCache(OUTCOMES_BYTES)


def train_beside_sound(recipe: Recipe) -> FaultyAndSound:
    """Train by a recipe and by a sound one, on the text that is at hand; says how far it is."""
    text = runs.corpus(text_at_hand())
    both = (sound_of(recipe), recipe)
    whole = sum(one.steps * one.layers for one in both)
    found, done = [], 0.0
    for one in both:
        share = one.steps * one.layers / whole
        found.append(_outcome(one, text, done, share))
        done += share
    return FaultyAndSound(sound=found[0], faulty=found[1], recipe=recipe)


def _outcome(recipe: Recipe, text: Corpus, done: float, share: float) -> Outcome:
    """What came of a training that takes this share of all, after what is done already."""
    pieces = _outcomes.get(
        (text.sha256, recipe),
        OUTCOME_BYTES,
        lambda: Pieces(
            lambda: broken.train_stepwise(recipe, text.training_text, text.validation_text)
        ),
    )
    found = None
    for piece in pieces:  # to the end, or what it learns from would be kept with what came of it
        if isinstance(piece, Outcome):
            found = piece
        else:
            tell_progress(done + share * piece)
    assert found is not None  # it comes last
    return found


def verdict_of(seen: Outcome, recipe: Recipe) -> Verdict:
    """The verdict on a training, by the rules for runs."""
    model = GPTConfig(
        context_length=CONTEXT, width=WIDTH, num_layers=recipe.layers, num_heads=1,
        activation="relu", tied_embeddings=False,
        position="learned" if recipe.positions else "none",
    )  # fmt: skip
    training = plain_training(
        steps=recipe.steps, batch_size=BATCH, learning_rate=recipe.rate, evaluation_interval=EVERY
    )
    return judge_evidence(
        Evidence(
            validation=seen.validation, training=seen.training, diverged_at=seen.broke_at,
            planned_steps=recipe.steps, vocabulary_size=seen.vocabulary,
            frequency_loss=seen.frequency_loss, training_tokens=seen.learning_tokens,
            tokens_seen=seen.tokens_seen, parameters=seen.parameters,
            config=RunConfig(model=model, training=training),
        )
    )  # fmt: skip


def verdict_figure(seen: Outcome, recipe: Recipe) -> Figure:
    """What the page of such a run would say happened; of a small text, also what helps."""
    verdict = verdict_of(seen, recipe)
    remedy = verdict.remedy
    # Other advice compares a run with the presets, whose trainings are all much longer.
    kept = replace(remedy, change=None) if remedy and verdict.kind is Kind.MEMORISING else None
    return Words(
        title=_("What the page of a run says of such curves"),
        lines=[translated(one) for one in verdict_lines(replace(verdict, remedy=kept))],
    )


def both_losses(seen: Outcome) -> Figure:
    """A training's two curves."""
    return Lines(
        title=_("Loss on what it learns from, and on what it never reads (nats per token)"),
        curves={_("validation"): seen.validation, _("training"): seen.training},
        across=_("step"),
        levels=_levels(seen),
    )


def beside_sound(seen: FaultyAndSound, name: str) -> list[Figure]:
    """Both validation losses, the verdict, and what both write."""
    return [
        Lines(
            title=_("Validation loss (nats per token)"),
            curves={name: seen.faulty.validation, _("sound"): seen.sound.validation},
            across=_("step"),
            levels=_levels(seen.faulty),
        ),
        verdict_figure(seen.faulty, seen.recipe),
        writing_figure(_("What it writes"), seen.faulty.written),
        writing_figure(_("What the sound one writes"), seen.sound.written),
    ]


def writing_figure(title: str, text: str) -> Figure:
    """What a model writes; some write little but line breaks, which are seen, and counted."""
    shown = text.replace("\n", f"{LINE_BREAK}\n")
    counted = EMPTY_LINES.sub(lambda found: f"{LINE_BREAK} × {found[0].count(LINE_BREAK)}\n", shown)
    return Text(title=title, text=counted)


def _levels(seen: Outcome) -> dict[str, float]:
    return {
        _("counting characters"): seen.frequency_loss, _("guessing evenly"): seen.even,
    }  # fmt: skip
