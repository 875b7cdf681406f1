"""A table of pairs: the simplest language model, before, during and after training."""

from minigpt.lessons import bigram_table
from minigpt.lessons.bigram_table import EvenGuess, OneStep, UntrainedTable
from minigpt.lessons.excerpts import CHARACTERS
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure, NumberTable, Text
from ui.i18n import _, numeral
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Guess,
    Lesson,
    Slider,
    Step,
    Stops,
)
from ui.screens.learn.lessons.bigram_training import (
    FOLLOWERS,
    HUNDRED,
    LEARNT,
    NATS,
    RATE_NAMES,
    RATES,
    table_of,
)
from ui.wording import glyph, loss

SIZE = len(CHARACTERS)


def _after_even(seen: EvenGuess, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("What even guessing costs, by the number of tokens"),
            labels=[_("{count} tokens", count=seen.size)],
            values=[seen.loss],
            digits=4,
            guess=guess if isinstance(guess, float) else None,
            unit=_("nats per token"),
        )
    ]


EVEN = Step(
    name="even",
    title=N_("Knowing nothing"),
    words=N_(
        "The loss is the surprise at what comes next: minus the logarithm of the probability that "
        "the model gave to it. It is measured in nats. A model that is sure and right has a loss "
        "of 0. Now think of one that knows nothing and gives each of 65 characters the same "
        "probability."
    ),
    formula=r"\text{loss} = -\ln p(\text{next token})",
    question=Amount(
        text=N_("What is the loss of even guessing among 65 characters?"),
        low=0,
        high=10,
        step=0.1,
        unit=NATS,
    ),
    compute=lambda scene: bigram_table.even_guess(int(scene["size"])),
    before=lambda seen: [
        Bars(
            title=_("What some guesses cost"),
            labels=[_("sure and right"), _("one of two"), _("one of ten")],
            values=[bigram_table.even_guess(count).loss for count in (1, 2, 10)],
            digits=4,
            unit=_("nats per token"),
        )
    ],
    after=_after_even,
    truth=lambda seen: seen.loss,
    result=lambda seen: _(
        "Even guessing among {size} tokens costs {loss} nats, the natural logarithm of {size}. "
        "Whoever does better has learnt something.",
        size=seen.size,
        loss=loss(seen.loss),
    ),
    because=N_(
        "With V tokens each gets the probability 1 / V, and minus the logarithm of that is ln V. "
        "Twice as many tokens cost only ln 2 more, whatever their number is."
    ),
    code=lambda scene: bigram_table.EVEN.filled(size=int(scene["size"])),
    names=bigram_table.EVEN.names,
    knobs=(Slider(name="size", label=N_("Number of tokens"), low=2, high=256, start=SIZE),),
)

LOOKED_AT = "q"
LOWER, EQUAL, HIGHER = "lower", "equal", "higher"


def _before_untrained(seen: UntrainedTable) -> list[Figure]:
    row = CHARACTERS.index(LOOKED_AT)
    found = seen.odds[row].topk(FOLLOWERS)
    return [
        Bars(
            title=_("What the random table expects most after {letter}, in percent",
                    letter=LOOKED_AT),
            labels=[glyph(CHARACTERS[one]) for one in found.indices.tolist()],
            values=[100 * share for share in found.values.tolist()],
            digits=1,
            lines={_("even guessing"): 100 / SIZE},
        ),
        Bars(
            title=_("To be compared with"),
            labels=[_("even guessing")],
            values=[seen.even],
            digits=4,
            unit=_("nats per token"),
        ),
    ]  # fmt: skip


def _after_untrained(seen: UntrainedTable, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Loss on the batch of the lesson before"),
            labels=[_("even guessing"), _("the random table")],
            values=[seen.even, seen.loss],
            digits=4,
            unit=_("nats per token"),
        ),
        Text(title=_("What it writes"), text=seen.written),
        table_of(
            _(
                "Each row: what it expects after that character; the strongest shade is one half "
                "and more"
            ),
            seen,
            CHARACTERS,
        ),
    ]


UNTRAINED = Step(
    name="untrained",
    title=N_("A random table"),
    words=N_(
        "The bigram model is a table. It has a row of scores for each character: how well each "
        "other character would follow. The softmax turns a row into probabilities: e to the power "
        "of each score, divided by the sum of these. Before training the scores are random numbers "
        "around 0, most of them between -2 and 2."
    ),
    question=Choice(
        text=N_("Will the random table be better or worse than even guessing?"),
        options={
            LOWER: N_("Better: its loss is lower"),
            EQUAL: N_("Exactly as good"),
            HIGHER: N_("Worse: its loss is higher"),
        },
    ),
    compute=lambda scene: bigram_table.untrained_table(),
    before=_before_untrained,
    after=_after_untrained,
    truth=lambda seen: HIGHER if seen.loss > seen.even else LOWER,
    result=lambda seen: _(
        "The random table has a loss of {loss}, even guessing {even}. The scores, also called "
        "logits, have the shape {shape}: a row for each example of the batch.",
        loss=loss(seen.loss),
        even=loss(seen.even),
        shape=str(seen.shape),
    ),
    because=N_(
        "Random scores make it sure of things for no reason, and being sure and wrong costs more "
        "than not knowing. So this table begins above ln V. That is no fault: the first "
        "steps of training take it away."
    ),
    code=lambda scene: bigram_table.UNTRAINED.filled(),
    names=bigram_table.UNTRAINED.names,
)

GUESS, BACKWARD, STEP, AGAIN = "guess", "backward", "step", "again"


def _after_loop(seen: OneStep, guess: Guess) -> list[Figure]:
    first, second = map(glyph, seen.largest)
    moved = " → ".join(numeral(one, ".4f") for one in (seen.before, seen.after))
    pair = _("score of {second} after {first}", first=first, second=second)
    return [
        NumberTable(
            title=_("The first step, in four parts"),
            rows=["1", "2", "3", "4"],
            values=[
                [_("batch: windows of the text"), "(4, 8)"],
                [_("forward: the loss"), seen.losses[0]],
                [_("backward: length of the gradient"), seen.gradient],
                [_("step: {pair}", pair=pair), moved],
            ],
            digits=4,
        ),
        Lines(
            title=_("The same batch again and again: its loss (nats per token)"),
            curves={_("loss"): list(enumerate(seen.losses))},
            across=_("step"),
            digits=4,
        ),
    ]


LOOP = Step(
    name="loop",
    title=N_("A step of training"),
    words=N_(
        "Training repeats the same four things. First a batch of windows is drawn. Then, forward: "
        "the table says what it expects after each character, and the loss is computed, one number "
        "that says how far off it was. In the end the scores must have changed, so that the same "
        "loss would be lower. Nobody tells the model how."
    ),
    question=Choice(
        text=N_("The loss is known. What is the third thing?"),
        options={
            STEP: N_("All scores are changed a little, at random"),
            BACKWARD: N_("For each score: would the loss rise or fall if this score grew?"),
            AGAIN: N_("Another batch is drawn, and the two losses are compared"),
        },
    ),
    compute=lambda scene: bigram_table.one_step(int(scene["times"]), RATES[scene["rate"]]),
    before=lambda seen: [
        NumberTable(
            title=_("So far"),
            rows=["1", "2"],
            values=[
                [_("batch: windows of the text"), "(4, 8)"],
                [_("forward: the loss"), seen.losses[0]],
            ],
            digits=4,
        )
    ],
    after=_after_loop,
    truth=lambda seen: BACKWARD,
    result=lambda seen: _(
        "For each score it is computed how the loss would change if that score grew: this is the "
        "backward pass, and all these numbers together are the gradient. Then each score moves "
        "the way in which the loss falls: the step. The first one takes the loss from {before} to "
        "{after}; after {steps} steps it is {last}.",
        before=loss(seen.losses[0]),
        after=loss(seen.losses[1]),
        steps=len(seen.losses) - 1,
        last=loss(seen.losses[-1]),
    ),
    because=N_(
        "To change scores at random and keep what helps would take far too long: there are "
        "thousands of them. The backward pass says for all of them at once which way is down. What "
        "moves them is called the optimizer, here one of the name AdamW; how far it moves them is "
        "the learning rate."
    ),
    code=lambda scene: bigram_table.ONE_STEP.filled(
        times=int(scene["times"]), rate=RATES[scene["rate"]]
    ),
    names=bigram_table.ONE_STEP.names,
    knobs=(
        Slider(name="times", label=N_("Steps on the same batch"), low=1, high=40, start=10),
        Stops(name="rate", label=N_("Learning rate"), options=RATE_NAMES, start="slow"),
    ),
)


LESSON = Lesson(
    name="bigram",
    title=N_("The bigram: a table of pairs"),
    goal=N_(
        "Afterwards you can read a loss against even guessing, name the four parts of a step of "
        "training, and say what a table of pairs can and cannot learn."
    ),
    steps=(EVEN, UNTRAINED, LOOP, HUNDRED, LEARNT),
)
