"""Fine-tuning: from Shakespeare to your own text, and what is forgotten on the way."""

import math

from minigpt.lessons.playing import fine_tuning, tuned
from minigpt.lessons.playing.fine_tuning import FinishedTuning
from minigpt.lessons.playing.tuned import WRITTEN, ContinuationPair
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure, Text
from ui.i18n import _, ngettext, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Lesson, Scene, Slider, Step, Typed
from ui.screens.learn.lessons.playing.tuned_copy import (
    NEW_TEXT,
    RATE,
    RUN,
    STEPS,
    WAITING,
    WAY,
    notebook_settings,
    tuned_copy,
)
from ui.screens.learn.lessons.playing.tuning_rates import REHEARSAL, SPEED
from ui.services.inside.tuning import write_before_and_after
from ui.services.models import trained_model
from ui.wording import count


def _beginnings(seen: FinishedTuning) -> Figure:
    return Bars(
        title=_("Loss before, in nats a character"),
        labels=[_("the rest of the new text"), _("Shakespeare it never read")],
        values=[seen.rest[0][1], seen.own[0][1]],
        lines={_("even guess"): _even()},
    )


def _even() -> float:
    return math.log(trained_model(RUN, None).tokenizer.vocabulary_size)


def _curves(seen: FinishedTuning, guess: Guess) -> list[Figure]:
    return [
        Lines(
            title=_("Loss while it learns, in nats a character"),
            curves={
                _("what it learns from"): seen.learnt,
                _("the rest of the new text"): seen.rest,
                _("Shakespeare it never read"): seen.own,
            },
            across=_("step"),
            levels={_("even guess"): _even()},
            zero=True,
        )
    ]


def _told(seen: FinishedTuning) -> str:
    values = {
        "rest": numeral(seen.rest[0][1], ".2f"),
        "rest_end": numeral(seen.rest[-1][1], ".2f"),
        "own": numeral(seen.own[0][1], ".2f"),
        "own_end": numeral(seen.own[-1][1], ".2f"),
        "even": numeral(_even(), ".2f"),
    }
    if seen.unread:
        return _(
            "On the rest of the new text the loss goes from {rest} to {rest_end}, on Shakespeare "
            "from {own} to {own_end}. An even guess would have {even}. Left out, because the model "
            "does not know them: {unread} of the characters.",
            unread=count(seen.unread),
            **values,
        )
    return _(
        "On the rest of the new text the loss goes from {rest} to {rest_end}, on Shakespeare from "
        "{own} to {own_end}. An even guess would have {even}.",
        **values,
    )


FALLS, STAYS, RISES = "falls", "stays", "rises"
LITTLE = 0.02


def _course(seen: FinishedTuning) -> str:
    if abs(seen.forgotten) <= LITTLE:
        return STAYS
    return RISES if seen.forgotten > 0 else FALLS


FORGETTING = Step(
    name="forgetting",
    title=N_("Two losses at once"),
    words=N_(
        "Fine-tuning is going on to train a finished model, with another text. Here a copy of the "
        "demo model, which has read Shakespeare, gets a few steps on a report of the weather. It "
        "learns from the first four fifths; the rest is only there to judge by. Beside it we watch "
        "its loss on Shakespeare, on a piece that it has never read."
    ),
    question=Choice(
        text=N_("While it learns the weather, what does its loss on Shakespeare do?"),
        options={
            FALLS: N_("It falls too: all practice helps"),
            STAYS: N_("It stays: Shakespeare is kept elsewhere in the weights"),
            RISES: N_("It rises: the same weights have to serve both"),
        },
    ),
    compute=tuned_copy,
    before=lambda seen: [_beginnings(seen)],
    after=_curves,
    truth=_course,
    result=_told,
    because=N_(
        "A step changes the weights so that the batch becomes likelier, and nothing in it asks "
        "what else they were good for. There is no drawer for Shakespeare: the same numbers made "
        "both. This is called catastrophic forgetting."
    ),
    code=lambda scene: fine_tuning.TUNED.filled(**notebook_settings(scene)),
    names=fine_tuning.TUNED.names,
    knobs=(STEPS, RATE, NEW_TEXT),
    waiting=WAITING,
    way=WAY,
)


def _parted(scene: Scene) -> ContinuationPair:
    settings_of_copy = tuple(notebook_settings(scene).items())
    prompt = scene["prompt"] or PROMPT
    return write_before_and_after(
        RUN, tuned_copy(scene), settings_of_copy, prompt, int(scene["luck"])
    )


PROMPT = "ROMEO:"


def _both(seen: ContinuationPair, guess: Guess) -> list[Figure]:
    return [
        Text(title=_("Before"), text=seen.prompt + seen.before),
        Text(title=_("After, with the same numbers drawn"), text=seen.prompt + seen.after),
    ]


LUCK = Step(
    name="luck",
    title=N_("The same prompt, the same luck"),
    words=N_(
        "Losses are averages; now let both write. The model before and the copy after the steps "
        "go on from the same beginning, and the same random numbers decide their characters. "
        "Where they differ, it is not chance but what was learnt."
    ),
    question=Amount(
        text=N_("How many characters will both texts begin with alike?"),
        low=0,
        high=WRITTEN,
        unit=N_("characters"),
    ),
    compute=_parted,
    before=lambda seen: [Text(title=_("Before"), text=seen.prompt + seen.before)],
    after=_both,
    truth=lambda seen: seen.same,
    result=lambda seen: ngettext(
        "{count} character is the same; from there on both have another text behind them.",
        "{count} characters are the same; from there on both have another text behind them.",
        seen.same,
    ),
    because=N_(
        "The beginning is one of Shakespeare's. But the copy's odds for what follows have moved, "
        "and one other character is enough: each is read before the next is drawn. Try it with "
        "only a few steps, and then with many."
    ),
    code=lambda scene: tuned.PARTED.filled(
        **notebook_settings(scene), prompt=scene["prompt"] or PROMPT, characters=WRITTEN,
        luck=int(scene["luck"]),
    ),
    names=tuned.PARTED.names,
    knobs=(
        STEPS,
        Slider(name="luck", label=N_("Seed of the die"), low=1, high=99, start=7),
        Typed(name="prompt", label=N_("The beginning"), start=PROMPT),
        NEW_TEXT,
    ),
    waiting=WAITING,
    way=WAY,
)  # fmt: skip


LESSON = Lesson(
    name="tuning",
    title=N_("Fine-tuning"),
    goal=N_(
        "Afterwards you have taught a finished model your own text, can say what it forgot by "
        "that, and what helps against it."
    ),
    steps=(FORGETTING, LUCK, SPEED, REHEARSAL),
)
