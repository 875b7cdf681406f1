"""Averaging the past: a triangle of shares, three ways to the same numbers, and what is lost."""

from minigpt.lessons import averages
from minigpt.lessons.averages import LostOrder, SmallProduct, ThreeWays
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable, Tokens
from ui.i18n import _, numeral
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Guess,
    Lesson,
    Slider,
    Step,
    Stops,
    Typed,
    Way,
)
from ui.wording import scientific


def _product(seen: SmallProduct, *, with_c: bool) -> list[Figure]:
    tables: list[Figure] = [
        NumberTable(title=_("a: the shares, a triangle"), values=seen.a.tolist(), high=1.0),
        NumberTable(
            title=_("b: three vectors of two numbers, one a row"), values=seen.b.tolist(), digits=0
        ),
    ]
    if with_c:
        tables.append(
            NumberTable(
                title=_("c = a @ b: each row is the average of b's rows up to it"),
                values=seen.c.tolist(),
                digits=4,
                marked={(2, 0)},
            )
        )
    return tables


TRIANGLE = Step(
    name="product",
    title=N_("A triangle that averages"),
    words=N_(
        "The bigram forgets all but one character. The simplest way to use the whole past is its "
        "average. A matrix does it: row i of a gives the same share to each of the first i rows "
        "and nothing to later ones. The matrix product, in Python a @ b, then holds the averages."
    ),
    question=Amount(
        text=N_("What will be the first number in the third row of a @ b?"),
        low=0,
        high=12,
        step=0.1,
    ),
    compute=lambda scene: averages.small_product(int(scene["seed"])),
    before=lambda seen: _product(seen, with_c=False),
    after=lambda seen, guess: _product(seen, with_c=True),
    truth=lambda seen: seen.c[2, 0].item(),
    result=lambda seen: _(
        "It is {number}: the first column of b is {first}, {second} and {third}, and a third of "
        "each is added.",
        number=numeral(seen.c[2, 0].item(), ".4f"),
        first=numeral(seen.b[0, 0].item(), ".0f"),
        second=numeral(seen.b[1, 0].item(), ".0f"),
        third=numeral(seen.b[2, 0].item(), ".0f"),
    ),
    because=N_(
        "An entry of a matrix product is a weighted sum: the shares of a row of a, times the "
        "numbers of a column of b. With equal shares that add up to 1 it is an average. The zeros "
        "above the diagonal keep the future out."
    ),
    code=lambda scene: averages.SMALL_PRODUCT.filled(seed=int(scene["seed"])),
    names=averages.SMALL_PRODUCT.names,
    knobs=(Slider(name="seed", label=N_("Seed of the random numbers"), low=0, high=99, start=42),),
)

YES, NO = "yes", "no"
TOLERANCES = {
    "usual": {"relative": averages.RELATIVE, "absolute": averages.ABSOLUTE},
    "a": {"relative": 0.0, "absolute": 1e-5},
    "b": {"relative": 0.0, "absolute": 1e-6},
    "c": {"relative": 0.0, "absolute": 1e-7},
    "d": {"relative": 0.0, "absolute": 1e-8},
}
TOLERANCE_NAMES = {
    "usual": N_("as usual: by the size of each number"),
    "a": N_("one hundred thousandth"),
    "b": N_("one millionth"),
    "c": N_("one ten-millionth"),
    "d": N_("one hundred-millionth"),
}


def _ways(seen: ThreeWays, guess: Guess) -> list[Figure]:
    columns = [_("loops"), "", _("product"), "", _("softmax"), ""]
    rows = [
        [*one, *two, *three]
        for one, two, three in zip(
            seen.by_loop[0].tolist(),
            seen.by_product[0].tolist(),
            seen.by_softmax[0].tolist(),
            strict=True,
        )
    ]
    return [
        NumberTable(
            title=_("The first of the four windows, by all three ways"),
            values=rows,
            columns=columns,
            digits=4,
        ),
        Bars(
            title=_(
                "The pair of numbers that counts, both about {number}, in hundred-millionths",
                number=numeral(seen.number, ".4f"),
            ),
            labels=[_("difference"), _("allowed")],
            values=[1e8 * seen.difference, 1e8 * seen.allowed],
            digits=1,
        ),
    ]


def _numbers(seen: ThreeWays) -> list[Figure]:
    return [
        NumberTable(
            title=_("The first of the four windows, averaged by loops"),
            values=seen.by_loop[0].tolist(),
            digits=4,
        )
    ]


THREE_WAYS = Step(
    name="three-ways",
    title=N_("Three ways, one average"),
    words=N_(
        "The same averages can be had by two loops, by the triangle as a matrix product, and by a "
        "softmax: put minus infinity above the diagonal of a table of zeros, and the softmax of "
        "each row gives equal shares to the rest. On paper all three are the same. Now PyTorch is "
        "asked: allclose compares two tables number by number, and says True where no two numbers "
        "differ by more than about a hundred thousandth of their size."
    ),
    question=Choice(
        text=N_("What will allclose say about the averages by loops and those by the product?"),
        options={YES: N_("True: they are close"), NO: N_("False: they are not close")},
    ),
    compute=lambda scene: averages.three_ways(**TOLERANCES[scene["tolerance"]]),
    before=_numbers,
    after=_ways,
    truth=lambda seen: YES if seen.close else NO,
    result=lambda seen: _(
        "allclose says {answer}. What decides is one pair of numbers, both about {number}: they "
        "differ by {difference}, and {allowed} is allowed. Allow more or less below.",
        answer=str(seen.close),
        number=numeral(seen.number, ".4f"),
        difference=scientific(seen.difference),
        allowed=scientific(seen.allowed),
    ),
    because=N_(
        "The three ways add the same numbers in another order, and each sum is rounded to about "
        "seven digits. For a number near zero, a hundred thousandth of its size is less than what "
        "was rounded away on the way to it. Nothing is wrong with the averages."
    ),
    code=lambda scene: averages.THREE_WAYS.filled(**TOLERANCES[scene["tolerance"]]),
    names=averages.THREE_WAYS.names,
    knobs=(
        Stops(
            name="tolerance",
            label=N_("Difference that is allowed"),
            options=TOLERANCE_NAMES,
            start="usual",
        ),
    ),
)

SAME, DIFFERENT = "same", "different"


def _weights(seen: LostOrder) -> Figure:
    size = len(seen.text)
    shares = [
        [share if column <= row else None for column, share in enumerate(line)]
        for row, line in enumerate(seen.weights.tolist())
    ]
    return NumberTable(
        title=_("Mean attention, row by row: every earlier token weighs the same"),
        values=shares,
        rows=seen.text,
        columns=seen.text,
        high=1.0,
        appearing=size <= 16,
    )


def _after_order(seen: LostOrder, guess: Guess) -> list[Figure]:
    return [
        NumberTable(
            title=_("The average of all vectors, at the last character"),
            rows=[_("as it stands"), _("shuffled")],
            values=[seen.average.tolist(), seen.average_shuffled.tolist()],
            digits=4,
        ),
        Tokens(title=_("Shuffled"), tokens=seen.shuffled),
        _weights(seen),
    ]


ORDER = Step(
    name="order",
    title=N_("What an average forgets"),
    words=N_(
        "In mean attention each token collects the average of all tokens up to itself. Every "
        "character of this word has a vector of four random numbers. Now the characters are "
        "shuffled, and the average is taken again."
    ),
    question=Choice(
        text=N_("Will the average at the last place be the same for the shuffled word?"),
        options={SAME: N_("Yes, but for rounding"), DIFFERENT: N_("No, it depends on the order")},
    ),
    compute=lambda scene: averages.lost_order(scene["text"] or "a"),
    before=lambda seen: [Tokens(title=_("The word"), tokens=seen.text)],
    after=_after_order,
    truth=lambda seen: (
        SAME if seen.average.allclose(seen.average_shuffled, atol=1e-5) else DIFFERENT
    ),
    result=lambda seen: _(
        "“{text}” and “{shuffled}” have the same average: {number} in the first place, both times.",
        text=seen.text,
        shuffled=seen.shuffled,
        number=numeral(seen.average[0].item(), ".4f"),
    ),
    because=N_(
        "A sum does not depend on the order of what is added. So mean attention sees which "
        "characters came, and not in which order. Two things mend that: weights that each token "
        "chooses for itself, which is attention, and vectors that know their position."
    ),
    code=lambda scene: averages.LOST_ORDER.filled(text=scene["text"] or "a"),
    names=averages.LOST_ORDER.names,
    knobs=(Typed(name="text", label=N_("Another word"), start="attention", longest=14),),
    way=Way(page="train", label=N_("Train this model in the app"), query={"preset": "averaging"}),
)

LESSON = Lesson(
    name="averages",
    title=N_("Averaging the past"),
    goal=N_(
        "Afterwards you can write the average of the past as one matrix product, and say what it "
        "forgets."
    ),
    steps=(TRIANGLE, THREE_WAYS, ORDER),
)
