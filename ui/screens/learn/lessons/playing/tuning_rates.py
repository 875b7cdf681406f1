"""Steps of the lesson on fine-tuning: how fast, and what helps against forgetting."""

from functools import partial

from minigpt.lessons.playing import tuned
from minigpt.lessons.playing.tuned import RATES, Rates, RehearsalComparison
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Choice, Guess, Scene, Step
from ui.screens.learn.lessons.playing.tuned_copy import (
    NAMES,
    NEW_TEXT,
    RATE,
    STEPS,
    WAITING,
    WAY,
    notebook_settings,
    tuned_copy,
)
from ui.screens.learn.sharing import tell_progress


def _rated(scene: Scene) -> Rates:
    found = {}
    for place, rate in enumerate(RATES):
        found[rate] = tuned_copy(
            scene, rate=rate, tell=partial(_part_of, place=place, parts=len(RATES))
        )
    return tuned.compare_rates(found)


def _part_of(share: float, place: int, parts: int) -> None:
    tell_progress((place + share) / parts)


def _ends(seen: Rates, guess: Guess) -> list[Figure]:
    names = list(map(translated, NAMES.values()))
    chosen = None if guess is None else list(NAMES).index(str(guess))
    return [
        Bars(
            title=_("Loss on the rest of the new text at the end"),
            labels=names, values=seen.rest, chosen=chosen, lines={_("before"): seen.before[0]},
        ),
        Bars(
            title=_("Loss on Shakespeare at the end"),
            labels=names, values=seen.own, lines={_("before"): seen.before[1]},
        ),
    ]  # fmt: skip


SPEED = Step(
    name="rate",
    title=N_("How fast?"),
    words=N_(
        "The learning rate says how far the weights go in a step. Too little, and nothing is "
        "learnt; too much, and what was there is torn down. Here are four rates, each with the "
        "same number of steps from the same beginning."
    ),
    question=Choice(
        text=N_("With which rate does the rest of the new text end lowest?"), options=NAMES
    ),
    compute=_rated,
    before=lambda seen: [
        NumberTable(
            title=_("The rates"),
            rows=list(map(translated, NAMES.values())),
            values=[[numeral(rate, "g")] for rate in seen.rates],
        )
    ],
    after=_ends,
    truth=lambda seen: list(NAMES)[seen.best],
    result=lambda seen: _(
        "With {rate} it ends lowest, at {rest} (before: {before}). Shakespeare then costs {own} "
        "instead of {own_before}.",
        rate=translated(list(NAMES.values())[seen.best]),
        rest=numeral(seen.rest[seen.best], ".2f"),
        before=numeral(seen.before[0], ".2f"),
        own=numeral(seen.own[seen.best], ".2f"),
        own_before=numeral(seen.before[1], ".2f"),
    ),
    because=N_(
        "What is best for the new text is not what forgets least: larger steps undo more of the "
        "old, and in the end not even the new is learnt any more. So fine-tuning is done with "
        "small rates and few steps, and both losses are watched."
    ),
    code=lambda scene: tuned.RATED.filled(
        **{name: value for name, value in notebook_settings(scene).items() if name != "rate"},
        rates=RATES,
    ),
    names=tuned.RATED.names,
    knobs=(STEPS, NEW_TEXT),
    waiting=WAITING,
    way=WAY,
)


def _rehearsed(scene: Scene) -> RehearsalComparison:
    alone = tuned_copy(scene, tell=partial(_part_of, place=0, parts=2))
    beside = tuned_copy(scene, rehearsing=True, tell=partial(_part_of, place=1, parts=2))
    return RehearsalComparison(alone=alone, beside=beside)


def _pairs(seen: RehearsalComparison, guess: Guess) -> list[Figure]:
    names = [_("new text alone"), _("with its own writing")]
    return [
        Bars(title=_("Forgotten: by how much Shakespeare's loss rose"), labels=names,
             values=seen.forgotten),
        Bars(title=_("Learnt: by how much the loss on the rest of the new text fell"),
             labels=names, values=seen.gained),
        Lines(
            title=_("Loss on Shakespeare while it learns"),
            curves=dict(zip(names, (seen.alone.own, seen.beside.own), strict=True)),
            across=_("step"),
            zero=True,
        ),
    ]  # fmt: skip


NOTHING, SOME, MOST = "nothing", "some", "most"


def _saved(seen: RehearsalComparison) -> str:
    if seen.kept < 10:
        return NOTHING
    return SOME if seen.kept < 90 else MOST


REHEARSAL = Step(
    name="rehearsal",
    title=N_("Going over the old"),
    words=N_(
        "Against forgetting there is an old trick: go over what was learnt before. Shakespeare "
        "himself is not even needed. The model writes some pages before it begins, and half of "
        "each batch is drawn from these, the other half from the new text."
    ),
    question=Choice(
        text=N_("How much of the forgetting does that prevent?"),
        options={
            NOTHING: N_("Next to nothing: it learns nothing new from itself"),
            SOME: N_("A part of it"),
            MOST: N_("Nearly all of it"),
        },
    ),
    compute=_rehearsed,
    before=lambda seen: [
        Bars(
            title=_("Without it: learnt and forgotten, in nats a character"),
            labels=[_("newly learnt"), _("forgotten")],
            values=[seen.gained[0], seen.forgotten[0]],
        )
    ],
    after=_pairs,
    truth=_saved,
    result=lambda seen: _(
        "{kept} % of it. Shakespeare's loss rises by {beside} instead of {alone}; the new text "
        "gains {gained} instead of {gained_alone}.",
        kept=numeral(seen.kept, ".0f"),
        beside=numeral(seen.forgotten[1], ".2f"),
        alone=numeral(seen.forgotten[0], ".2f"),
        gained=numeral(seen.gained[1], ".2f"),
        gained_alone=numeral(seen.gained[0], ".2f"),
    ),
    because=N_(
        "Its own writing holds what it knows, faults and all, so each step also asks the weights "
        "to keep that. It costs something: only half of each batch is new. (A. Robins, "
        "Catastrophic forgetting, rehearsal and pseudorehearsal, Connection Science.)"
    ),
    code=lambda scene: tuned.REHEARSED.filled(**notebook_settings(scene)),
    names=tuned.REHEARSED.names,
    knobs=(STEPS, RATE, NEW_TEXT),
    waiting=WAITING,
    way=WAY,
)
