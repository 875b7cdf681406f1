"""Break it, continued: too little text, and a fault to be found."""

from collections.abc import Mapping

from minigpt.lessons.whole_runs import broken
from minigpt.lessons.whole_runs.broken import RATE, FaultyAndSound, Recipe
from minigpt.sentences import N_
from ui.charts.figures import Figure
from ui.i18n import _, ngettext, translated
from ui.screens.learn.lesson import Amount, Choice, Guess, Scene, Slider, Step, Stops, Way
from ui.screens.learn.lessons.whole_runs.judged import (
    WAITING,
    both_losses,
    train_beside_sound,
    verdict_figure,
    writing_figure,
)
from ui.screens.learn.moving import text_at_hand
from ui.wording import count, loss

LONGER = 300


def _few_lines(scene: Scene) -> Recipe:
    return Recipe(sentences=int(scene["sentences"]), steps=LONGER)


def _after_few(seen: FaultyAndSound, guess: Guess) -> list[Figure]:
    return [
        both_losses(seen.faulty),
        verdict_figure(seen.faulty, seen.recipe),
        writing_figure(_("What it writes"), seen.faulty.written),
    ]


SENTENCES = Step(
    name="fifteen",
    title=N_("Fifteen lines"),
    words=N_(
        "Nothing is wrong with the model this time, but it learns from the first fifteen lines of "
        "the text alone, for three hundred steps. It is judged twice: on these lines, and on text "
        "that it never reads."
    ),
    question=Amount(
        text=N_("At which step is the loss on text that it never reads lowest?"),
        low=0, high=LONGER, step=broken.EVERY,
    ),
    compute=lambda scene: train_beside_sound(_few_lines(scene)),
    before=lambda seen: [
        writing_figure(
            _("What the same model writes that learnt from the whole text"), seen.sound.written
        )
    ],
    after=_after_few,
    truth=lambda seen: int(seen.faulty.best[0]),
    result=lambda seen: ngettext(
        "From {lines} line, {tokens} characters, the validation loss is lowest at step {step}, "
        "with {best}; at the end it is {last}, and the training loss {training}.",
        "From {lines} lines, {tokens} characters, the validation loss is lowest at step {step}, "
        "with {best}; at the end it is {last}, and the training loss {training}.",
        seen.recipe.sentences,
        lines=count(seen.recipe.sentences), tokens=count(seen.faulty.learning_tokens),
        step=count(int(seen.faulty.best[0])), best=loss(seen.faulty.best[1]),
        last=loss(seen.faulty.last), training=loss(seen.faulty.training[-1][1]),
    ),
    because=N_(
        "Where the two curves part, a model learns its text by heart: that is overfitting. It "
        "grows sure of what it has read, and being sure and wrong costs most. Where both lie high "
        "and close together, it is underfitting: more steps or a larger model help. Against "
        "overfitting helps more text; with this one, an earlier end, dropout, or a smaller model."
    ),
    code=lambda scene: broken.code_of(_few_lines(scene), text_at_hand()),
    names=broken.TRAINED.names,
    waiting=WAITING,
    knobs=(
        Stops(
            name="sentences", label=N_("Lines to learn from"),
            options={one: one for one in ("5", "15", "45")}, start="15",
        ),
    ),
    way=Way(
        page="train", label=N_("Let a real run learn its sentences by heart"),
        query={"preset": "tinygpt-words"},
    ),
)  # fmt: skip

FAULTS: Mapping[str, Recipe] = {
    "no-mask": Recipe(mask=False),
    "too-fast": Recipe(rate=100 * RATE),
    "too-slow": Recipe(rate=RATE / 1000),
    "too-little": Recipe(sentences=15, steps=LONGER),
    "no-way-around": Recipe(around=False, layers=4),
}
NAMES = {
    "too-slow": N_("Its learning rate is a thousandth of what suits it"),
    "too-fast": N_("Its learning rate is a hundred times too high"),
    "too-little": N_("It learns from fifteen lines only"),
    "no-mask": N_("It has no mask"),
    "no-way-around": N_("It has no residual connections"),
}
PATIENTS = tuple(FAULTS)


def _fault(scene: Scene) -> str:
    return PATIENTS[int(scene["patient"]) - 1]


def _name_of(seen: FaultyAndSound) -> str:
    return next(name for name, recipe in FAULTS.items() if recipe == seen.recipe)


def _chart(seen: FaultyAndSound) -> list[Figure]:
    return [
        both_losses(seen.faulty),
        writing_figure(_("What it writes"), seen.faulty.written),
    ]


HIDDEN = Step(
    name="hidden",
    title=N_("Find the fault"),
    words=N_(
        "A training with one fault, and you see what you would see of a run: its loss on what it "
        "learns from, its loss on what it never reads, and what it writes in the end. Two lines "
        "help: the loss of counting characters, and that of guessing evenly."
    ),
    question=Choice(text=N_("What is wrong with it?"), options=NAMES),
    compute=lambda scene: train_beside_sound(FAULTS[_fault(scene)]),
    before=_chart,
    after=lambda seen, guess: [
        *_chart(seen),
        verdict_figure(seen.faulty, seen.recipe),
        writing_figure(_("What the sound one writes"), seen.sound.written),
    ],
    truth=_name_of,
    result=lambda seen: _(
        "The fault: {fault}. Its validation loss ends at {last}, its training loss at {training}; "
        "the sound one ends at {sound}.",
        fault=translated(NAMES[_name_of(seen)]), last=loss(seen.faulty.last),
        training=loss(seen.faulty.training[-1][1]), sound=loss(seen.sound.last),
    ),
    because=N_(
        "Ask in this order. Does it move at all? If not, the rate is too small. Does it stop at "
        "counting? Then the rate is too high, or too little comes through. Do the two curves part? "
        "Then it learns by heart. Is it too good, and writes nonsense? Then it sees the answer. "
        "The sound one writes oddly as well, and has no fault: it sees sixteen characters, has few "
        "parameters and read little. It spells, and knows nothing of what it says."
    ),
    code=lambda scene: broken.code_of(FAULTS[_fault(scene)], text_at_hand()),
    names=broken.TRAINED.names,
    waiting=WAITING,
    knobs=(
        Slider(name="patient", label=N_("Another one"), low=1, high=len(PATIENTS), start=1),
    ),
    way=Way(page="runs", label=N_("See the verdicts on all runs")),
)  # fmt: skip
