"""The ladder: every rung from a table of pairs to a GPT, on one text."""

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.whole_runs import rungs
from minigpt.lessons.whole_runs.rungs import FirstLosses, Models, OrderNoticed, Sizes
from minigpt.runs.presets.small_ladder import small_ladder
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Amount, Guess, Lesson, Step, Texts, Typed, Way
from ui.screens.learn.lessons.whole_runs.climb import CLIMB, NAMES
from ui.services import runs
from ui.wording import count, loss, model_title

WORDS = "the rain"


def _models() -> Models:
    return {rung: config.model for rung, config in small_ladder().items()}


def _titles(names: tuple[str, ...]) -> list[str]:
    return [model_title(one) for one in names]


def _after_sizes(seen: Sizes, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Parameters of each rung"), labels=_titles(seen.rungs),
            values=seen.parameters, digits=0,
        )
    ]  # fmt: skip


SIZES = Step(
    name="sizes",
    title=N_("Six models"),
    words=N_(
        "From a table of pairs to a GPT there are six rungs, and each adds one thing to the one "
        "before. All read characters. The table has a number for each pair of characters; the "
        "others have a vector for each character, and matrices that work on vectors."
    ),
    question=Amount(
        text=N_("How many times as many parameters as the table of pairs does the GPT have?"),
        low=0, high=100,
    ),
    compute=lambda scene: rungs.rung_sizes(_models(), runs.corpus(scene["corpus"]).text),
    before=lambda seen: [
        NumberTable(
            title=_("The first rung, a table of pairs"),
            values=[[seen.vocabulary, seen.parameters[0]]],
            columns=[_("kinds of character"), _("parameters")],
        ),
        NumberTable(
            title=_("The rungs, from below"),
            values=[[translated(NAMES[rung])] for rung in seen.rungs],
            rows=[str(at) for at in range(1, len(seen.rungs) + 1)],
        ),
    ],
    after=_after_sizes,
    truth=lambda seen: seen.ratio,
    result=lambda seen: _(
        "With {vocabulary} kinds of character the table has {few} parameters and the GPT {many}: "
        "{ratio} times as many.",
        vocabulary=seen.vocabulary, few=count(seen.parameters[0]), many=count(seen.parameters[-1]),
        ratio=numeral(seen.ratio, ".1f"),
    ),
    because=N_(
        "The table grows with the square of the number of characters. The others have vectors for "
        "the characters; heads and feed-forward parts grow with the square of the width. The "
        "blocks of the transformer and of the GPT hold nearly all of their parameters, and do not "
        "ask how many characters there are."
    ),
    code=lambda scene: rungs.SIZES.filled(corpus=scene["corpus"]),
    names=rungs.SIZES.names,
    knobs=(Texts(),),
    way=Way(page="train", label=N_("Choose a rung and its sizes yourself")),
)  # fmt: skip


def _after_first(seen: FirstLosses, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Validation loss before any training (nats per token)"),
            labels=_titles(seen.rungs), values=seen.losses, digits=4,
            lines={_("guessing evenly"): seen.even},
        )
    ]  # fmt: skip


UNTRAINED = Step(
    name="untrained",
    title=N_("Before any training"),
    words=N_(
        "Every rung begins with random numbers. A model that gives all characters the same chance "
        "has a loss of ln V, the logarithm of how many kinds there are. Now each untrained model "
        "guesses at the tenth of the text that is kept to judge by."
    ),
    question=Amount(
        text=N_("How many of the six are better than guessing evenly, before any training?"),
        low=0, high=6,
    ),
    compute=lambda scene: rungs.first_losses(
        _models(), (text := runs.corpus(scene["corpus"])).text, text.validation_text
    ),
    before=lambda seen: [
        NumberTable(
            title=_("Guessing evenly"),
            values=[[seen.vocabulary, loss(seen.even)]],
            columns=[_("kinds of character"), "ln V"],
        )
    ],
    after=_after_first,
    truth=lambda seen: seen.better,
    result=lambda seen: _(
        "Better than guessing evenly ({even}): {better} of {all}. The lowest loss is {low}, the "
        "highest {high}.",
        even=loss(seen.even), better=seen.better, all=len(seen.losses),
        low=loss(min(seen.losses)), high=loss(max(seen.losses)),
    ),
    because=N_(
        "Random weights know nothing of the text, however many they are. Those that begin small "
        "guess nearly evenly; larger ones are sure of something, and are wrong as often as others, "
        "which costs more. What lies a little below even guessing is chance."
    ),
    code=lambda scene: rungs.FIRST_LOSSES.filled(corpus=scene["corpus"], seed=SEED),
    names=rungs.FIRST_LOSSES.names,
    knobs=(Texts(),),
    way=Way(page="runs", label=N_("See where the loss of a run begins")),
    formula=r"\ln V",
)  # fmt: skip


def _after_order(seen: OrderNoticed, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_(
                "Share of the probability that moves when “{text}” becomes “{swapped}”, in percent",
                text=seen.text, swapped=seen.swapped,
            ),
            labels=_titles(seen.rungs), values=[100 * one for one in seen.changes],
        )
    ]  # fmt: skip


ORDER = Step(
    name="order",
    title=N_("Who notices the order"),
    words=N_(
        "Why is averaging no step up? Let each rung, as it is before any training, read a few "
        "letters and say what it expects next. Then the first two letters change places, and it "
        "reads again. Which letters there are has not changed, nor which comes last."
    ),
    question=Amount(text=N_("How many of the six expect something else then?"), low=0, high=6),
    compute=lambda scene: rungs.order_noticed(_models(), scene["letters"]),
    before=lambda seen: [
        NumberTable(
            title=_("What is read"), values=[[seen.text], [seen.swapped]],
            rows=[_("the first time"), _("the second time")],
        )
    ],
    after=_after_order,
    truth=lambda seen: seen.notice,
    result=lambda seen: _(
        "{notice} of {all} notice it. These do not: {others}.",
        notice=seen.notice, all=len(seen.rungs),
        others=", ".join(
            model_title(rung)
            for rung, change in zip(seen.rungs, seen.changes, strict=True)
            if change <= rungs.ROUNDING
        ),
    ),
    because=N_(
        "The table sees only the last letter. Averaging sees all of them, but a sum is the same in "
        "any order: it cannot even tell which came last, which the table knows. From one head on, "
        "a vector for each place is added before anything is mixed."
    ),
    code=lambda scene: rungs.ORDER_NOTICED.filled(
        text=rungs.known_letters(scene["letters"]), seed=SEED
    ),
    names=rungs.ORDER_NOTICED.names,
    knobs=(
        Typed(name="letters", label=N_("Other letters"), start=WORDS, longest=rungs.MOST),
    ),
    way=Way(page="attention", label=N_("See what positions do to attention")),
)  # fmt: skip

LESSON = Lesson(
    name="ladder",
    title=N_("The ladder"),
    goal=N_(
        "Afterwards you can say what each rung from a table of pairs to a GPT adds, what that is "
        "worth on a text, and why the second is no step up."
    ),
    steps=(SIZES, UNTRAINED, CLIMB, ORDER),
)
