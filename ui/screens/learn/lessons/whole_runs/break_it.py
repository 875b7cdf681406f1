"""Break it: a small GPT with one fault at a time, guessed first and then trained."""

from minigpt.lessons.whole_runs import broken
from minigpt.lessons.whole_runs.broken import RATE, FaultyAndSound, Recipe
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure
from ui.i18n import _
from ui.screens.learn.lesson import Choice, Guess, Lesson, Scene, Step, Stops, Way
from ui.screens.learn.lessons.whole_runs.faults import HIDDEN, SENTENCES
from ui.screens.learn.lessons.whole_runs.judged import WAITING, beside_sound, train_beside_sound
from ui.screens.learn.moving import text_at_hand
from ui.wording import loss

LOWER, SAME, HIGHER = "lower", "same", "higher"
TOLERANCE = 0.05
DEEP = 4
RATES = {"hundred": 100 * RATE, "ten": 10 * RATE, "thousandth": RATE / 1000}
ENDS = {
    broken.SOUND: N_("Near the sound one's"),
    broken.COUNTING: N_("Near that of only counting how often each character occurs"),
    broken.EVEN: N_("Near that of guessing evenly, as untrained"),
}


def _result(seen: FaultyAndSound) -> str:
    return _(
        "It ends at a validation loss of {faulty}, the sound one at {sound}. Counting characters "
        "gives {counting}, guessing evenly {even}.",
        faulty=loss(seen.faulty.last), sound=loss(seen.sound.last),
        counting=loss(seen.faulty.frequency_loss), even=loss(seen.faulty.even),
    )  # fmt: skip


def _sound(seen: FaultyAndSound) -> list[Figure]:
    return [
        Bars(
            title=_("Validation loss (nats per token)"),
            labels=[_("the sound one, at its end")], values=[seen.sound.last], digits=4,
            lines={
                _("counting characters"): seen.sound.frequency_loss,
                _("guessing evenly"): seen.sound.even,
            },
        )
    ]  # fmt: skip


def _rate(scene: Scene) -> Recipe:
    return Recipe(rate=RATES[scene["rate"]])


RATE_STEP = Step(
    name="rate",
    title=N_("A hundred times the rate"),
    words=N_(
        "The learning rate says how far each step moves the weights. A small GPT of one layer "
        "learns from a text for a hundred and fifty steps at a rate that suits it. Then the same "
        "once more, with the same batches, at a hundred times that rate."
    ),
    question=Choice(
        text=N_("Where does the validation loss end at a hundred times the rate?"), options=ENDS
    ),
    compute=lambda scene: train_beside_sound(_rate(scene)),
    before=_sound,
    after=lambda seen, guess: beside_sound(seen, _("at that rate")),
    truth=lambda seen: seen.nearest,
    result=_result,
    because=N_(
        "A step that is too long overshoots: the weights are thrown about, and what is left to "
        "learn is little more than how frequent each character is. A rate that is far too small "
        "breaks nothing, but hardly moves. Where a loss does not fall, try a lower rate first, "
        "then a higher one."
    ),
    code=lambda scene: broken.code_of(_rate(scene), text_at_hand()),
    names=broken.TRAINED.names,
    waiting=WAITING,
    knobs=(
        Stops(
            name="rate", label=N_("Learning rate"),
            options={
                "hundred": N_("a hundred times"), "ten": N_("ten times"),
                "thousandth": N_("a thousandth"),
            },
            start="hundred",
        ),
    ),
    way=Way(
        page="train", label=N_("Train a real run at such a rate"),
        query={"preset": "quick", "training.learning_rate": "2"},
    ),
)  # fmt: skip


def _layers(scene: Scene) -> int:
    return int(scene["layers"])


def _no_mask(scene: Scene) -> Recipe:
    return Recipe(mask=False, layers=_layers(scene))


def _after_mask(seen: FaultyAndSound, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Validation loss where it is shown only what comes before (nats per token)"),
            labels=[_("without the mask"), _("with it")],
            values=[seen.faulty.honest, seen.sound.honest], digits=4,
            lines={_("counting characters"): seen.faulty.frequency_loss},
        ),
        *beside_sound(seen, _("without the mask")),
    ]  # fmt: skip


def _compared(seen: FaultyAndSound) -> str:
    difference = seen.faulty.last - seen.sound.last
    if abs(difference) <= TOLERANCE:
        return SAME
    return LOWER if difference < 0 else HIGHER


FEW_LAYERS = Stops(
    name="layers", label=N_("Layers"), options={one: one for one in ("1", "2")}, start="1"
)
NO_MASK = Step(
    name="no-mask",
    title=N_("No mask"),
    words=N_(
        "The mask keeps each character from seeing what comes after it. Without it, each sees the "
        "whole window, and in it the very character that it has to guess. Such a model is trained "
        "and then judged as always, by text that it never read."
    ),
    question=Choice(
        text=N_("How is its validation loss, beside that of the model with a mask?"),
        options={LOWER: N_("Lower"), SAME: N_("About the same"), HIGHER: N_("Higher")},
    ),
    compute=lambda scene: train_beside_sound(_no_mask(scene)),
    before=_sound,
    after=_after_mask,
    truth=_compared,
    result=lambda seen: _(
        "Without the mask the validation loss is {faulty}, with it {sound}. Shown only what comes "
        "before, the one without has {honest}, the other {other}.",
        faulty=loss(seen.faulty.last), sound=loss(seen.sound.last),
        honest=loss(seen.faulty.honest), other=loss(seen.sound.honest),
    ),
    because=N_(
        "A model that may look at the answer learns to copy it, and no curve tells that: both "
        "losses fall together. Only when it writes is there nothing to look at, and then it knows "
        "next to nothing. A loss that is too good to be true is a reason to look at what the "
        "model writes, and at what it is shown."
    ),
    code=lambda scene: broken.code_of(_no_mask(scene), text_at_hand()),
    names=broken.TRAINED.names,
    waiting=WAITING,
    knobs=(FEW_LAYERS,),
    way=Way(page="attention", label=N_("See the triangle that the mask leaves")),
)  # fmt: skip


def _no_way_around(scene: Scene) -> Recipe:
    return Recipe(around=False, layers=_layers(scene))


NO_RESIDUAL = Step(
    name="no-residual",
    title=N_("No residual connections"),
    words=N_(
        "Each part of a layer adds to the stream, so there is a way around it. Now each part takes "
        "the place of what came in, in a model of four layers; the rest is as before, the norms "
        "too."
    ),
    question=Choice(
        text=N_("Where does the validation loss of four layers end without a way around?"),
        options=ENDS,
    ),
    compute=lambda scene: train_beside_sound(_no_way_around(scene)),
    before=_sound,
    after=lambda seen, guess: beside_sound(seen, _("without a way around")),
    truth=lambda seen: seen.nearest,
    result=_result,
    because=N_(
        "What a character is has to pass through every part, and each mixes it anew; the gradient "
        "comes back the same long way. At first only the last map learns, which knows how frequent "
        "each character is. With fewer layers the way is shorter, and more gets through."
    ),
    code=lambda scene: broken.code_of(_no_way_around(scene), text_at_hand()),
    names=broken.TRAINED.names,
    waiting=WAITING,
    knobs=(
        Stops(
            name="layers", label=N_("Layers"),
            options={one: one for one in ("1", "2", "4")}, start=str(DEEP),
        ),
    ),
    way=Way(page="inside", label=N_("See what each part adds to the stream")),
)  # fmt: skip


def _no_positions(scene: Scene) -> Recipe:
    return Recipe(positions=False, layers=_layers(scene))


NO_POSITIONS = Step(
    name="no-positions",
    title=N_("No positions"),
    words=N_(
        "Attention sees a set of characters, not a row of them: a vector for each place tells "
        "where a character stands. Now these vectors are left out, and the model is trained as "
        "before."
    ),
    question=Choice(
        text=N_("Where does the validation loss end without positions?"), options=ENDS
    ),
    compute=lambda scene: train_beside_sound(_no_positions(scene)),
    before=_sound,
    after=lambda seen, guess: beside_sound(seen, _("without positions")),
    truth=lambda seen: seen.nearest,
    result=_result,
    because=N_(
        "Each character still knows itself, and that alone is worth a table of pairs, which is "
        "most of what so short a training learns. The mask helps as well: a character that sees "
        "three others stands in the fourth place. Positions pay later, when it matters which "
        "letter came exactly two before; so a short test may miss what a long training needs."
    ),
    code=lambda scene: broken.code_of(_no_positions(scene), text_at_hand()),
    names=broken.TRAINED.names,
    waiting=WAITING,
    knobs=(FEW_LAYERS,),
    way=Way(
        page="train", label=N_("Train a real run without positions"),
        query={"preset": "lecture-gpt", "model.position": "none"},
    ),
)  # fmt: skip

LESSON = Lesson(
    name="break-it",
    title=N_("Break it"),
    goal=N_(
        "Afterwards you can tell from curves, a verdict and a sample what is wrong with a "
        "training, and what no curve can tell."
    ),
    steps=(RATE_STEP, NO_MASK, NO_RESIDUAL, NO_POSITIONS, SENTENCES, HIDDEN),
)
