"""A whole block, continued: the way around a part, the norm before or after it, and dropout."""

from collections.abc import Sequence

from minigpt.lessons.whole_gpt import dropout, layer_norm, ways_around
from minigpt.lessons.whole_gpt.dropout import DroppedOnes
from minigpt.lessons.whole_gpt.layer_norm import NormalisedSample
from minigpt.lessons.whole_gpt.ways_around import BeforeAfter, Gradients
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Slider, Step, Stops, Way
from ui.wording import scientific

LARGER, SAME, SMALLER = "larger", "same", "smaller"
HALF, NEARLY = 0.5, 1e-3


def _numbered(count: int) -> list[str]:
    return [str(place + 1) for place in range(count)]


def _before_residual(seen: Gradients) -> list[Figure]:
    last = _("part {number}, the last", number=len(seen.around))
    return [
        NumberTable(
            title=_("Gradient that arrives at a part; the end asks for 1"),
            values=[
                [scientific(seen.around[-1]), scientific(seen.through[-1])],
                [scientific(seen.around[0]), "?"],
            ],
            rows=[last, _("part 1, the first")],
            columns=[_("with the way around"), _("without")],
        )
    ]


def _after_residual(seen: Gradients, guess: Guess) -> list[Figure]:
    pairs = zip(seen.around, seen.through, strict=True)
    return [
        NumberTable(
            title=_("Gradient that arrives at each part"),
            values=[[scientific(one) for one in pair] for pair in pairs],
            rows=_numbered(len(seen.around)),
            columns=[_("with the way around"), _("without")],
        )
    ]


RESIDUAL = Step(
    name="residual",
    title=N_("A way around"),
    words=N_(
        "A block does not replace what comes in: it adds to it. So there is a way around each "
        "part, the residual connection. Here stand feed-forward parts on top of each other, not "
        "trained yet, and the end asks for a gradient of 1 everywhere. Take the way around away."
    ),
    question=Choice(
        text=N_("Without the way around, how much of the gradient arrives at the first part?"),
        options={
            LARGER: N_("More than before"),
            SAME: N_("More than half"),
            SMALLER: N_("Less than a thousandth"),
        },
    ),
    compute=lambda scene: ways_around.gradients(int(scene["layers"])),
    before=_before_residual,
    after=_after_residual,
    truth=lambda seen: _share(seen.arriving),
    result=lambda seen: _(
        "At the first of {layers} parts arrives {with_it} with the way around and {without} "
        "without it.",
        layers=len(seen.around), with_it=numeral(seen.around[0], ".2g"),
        without=scientific(seen.through[0]),
    ),
    because=N_(
        "Each part passes on only some of the gradient, and these shares multiply. Addition hands "
        "the gradient on unchanged to both ways: some call it a gradient highway. So even the "
        "first part of a deep model learns from the beginning."
    ),
    code=lambda scene: ways_around.GRADIENTS.filled(layers=int(scene["layers"])),
    names=ways_around.GRADIENTS.names,
    knobs=(Slider(name="layers", label=N_("Parts"), low=1, high=16, start=8),),
    formula=r"x \leftarrow x + \text{part}(x)",
)  # fmt: skip


def _share(arriving: float) -> str:
    if arriving > 1:
        return LARGER
    return SMALLER if arriving < NEARLY else SAME


ROWS, COLUMNS, BOTH = "rows", "columns", "both"
KINDS = {
    "lecture": N_("each row, as in the lecture"),
    "layer": N_("each row, as PyTorch does"),
    "columns": N_("each column"),
}


def _before_norm(seen: NormalisedSample) -> list[Figure]:
    return [
        NumberTable(
            title=_("The first numbers of the first rows"), values=seen.excerpt.tolist(),
            rows=_numbered(len(seen.excerpt)),
        ),
        _two_ways(_("Before"), seen.row_before, seen.column_before),
    ]  # fmt: skip


def _two_ways(title: str, row: tuple[float, float], column: tuple[float, float]) -> Figure:
    return NumberTable(
        title=title, values=[list(map(_rounded, row)), list(map(_rounded, column))],
        rows=[_("first row"), _("first column")], columns=[_("mean"), _("standard deviation")],
    )  # fmt: skip


def _after_norm(seen: NormalisedSample, guess: Guess) -> list[Figure]:
    return [
        _two_ways(_("Before"), seen.row_before, seen.column_before),
        _two_ways(
            _("After"), (seen.row_mean, seen.row_std), (seen.column_mean, seen.column_std)
        ),
    ]  # fmt: skip


NORM = Step(
    name="norm",
    title=N_("LayerNorm: row or column?"),
    words=N_(
        "LayerNorm takes a vector, subtracts its mean and divides by its standard deviation. "
        "Here are thirty-two vectors of a hundred random numbers, a row each. One well-known "
        "write-up says that each feature is normalised over the batch, which would be a column."
    ),
    question=Choice(
        text=N_("After a LayerNorm, what has mean 0 and standard deviation 1?"),
        options={ROWS: N_("Each row"), COLUMNS: N_("Each column"), BOTH: N_("Both")},
    ),
    compute=lambda scene: layer_norm.normalise_sample(scene["kind"]),
    before=_before_norm,
    after=_after_norm,
    truth=lambda seen: _which(seen),
    result=lambda seen: _(
        "The first row now has mean {row_mean} and deviation {row_std}, the first column {mean} "
        "and {deviation}.",
        row_mean=_rounded(seen.row_mean), row_std=_rounded(seen.row_std),
        mean=_rounded(seen.column_mean), deviation=_rounded(seen.column_std),
    ),
    because=N_(
        "A row is one token's vector. It is normalised by itself, so no token and no text of a "
        "batch depends on another, and generating one token at a time gives the same. The lecture "
        "estimates the deviation with one number less than there are, PyTorch does not: that is "
        "the small difference between the two."
    ),
    code=lambda scene: layer_norm.NORMALISED.filled(kind=scene["kind"]),
    names=layer_norm.NORMALISED.names,
    knobs=(Stops(name="kind", label=N_("What is normalised"), options=KINDS, start="lecture"),),
)  # fmt: skip


def _rounded(value: float) -> str:
    # Rounding leaves a mean of a few billionths on either side of 0.
    return numeral(round(value, 4) + 0.0, ".4f")


def _which(seen: NormalisedSample) -> str:
    is_row, is_column = (
        abs(mean) < NEARLY and abs(deviation - 1) < 10 * NEARLY
        for mean, deviation in (
            (seen.row_mean, seen.row_std), (seen.column_mean, seen.column_std),
        )
    )  # fmt: skip
    if is_row and is_column:
        return BOTH
    return ROWS if is_row else COLUMNS


def _before_order(seen: BeforeAfter) -> list[Figure]:
    return [
        Bars(
            title=_("Sizes, with the norm before"),
            labels=[_("the stream at the beginning"), _("what the first part adds")],
            values=[seen.start, seen.added],
        )
    ]


def _after_order(seen: BeforeAfter, guess: Guess) -> list[Figure]:
    return [
        _over_parts(_("Size of the stream after each part"), seen.pre_sizes, seen.post_sizes),
        _over_parts(
            _("Gradient at each part (that at the last one is 1)"),
            seen.pre_gradients, seen.post_gradients,
        ),
    ]  # fmt: skip


def _over_parts(title: str, before: Sequence[float], after: Sequence[float]) -> Figure:
    curves = {_("norm before"): before, _("norm after"): after}
    return Lines(
        title=title,
        curves={name: list(enumerate(curve, start=1)) for name, curve in curves.items()},
        across=_("part"),
    )


BEFORE_AFTER = Step(
    name="before-after",
    title=N_("The norm, before or after"),
    words=N_(
        "In the first transformers the norm came after the sum. In GPT-2 each part reads a "
        "normalised copy, and its result is added to the stream as it is. The size of a stream is "
        "the root of the mean of its squares."
    ),
    question=Choice(
        text=N_("With the norm before, what becomes of the stream's size as parts add to it?"),
        options={LARGER: N_("It grows"), SAME: N_("It stays"), SMALLER: N_("It shrinks")},
    ),
    compute=lambda scene: ways_around.before_after(int(scene["layers"])),
    before=_before_order,
    after=_after_order,
    truth=lambda seen: _growth(seen.growth),
    result=lambda seen: _(
        "Norm before: the stream ends at {growth} times the size it began with. Norm after: its "
        "size at the end is {size}.",
        growth=numeral(seen.growth, ".2f"), size=numeral(seen.post_sizes[-1], ".2f"),
    ),
    because=N_(
        "With the norm before, the way around is nothing but sums, from the first part to the "
        "last: the stream grows, and the gradient has a free way back. One last norm brings the "
        "stream back to size before tokens are scored. With the norm after, each norm lies on the "
        "way, and scales what passes, forward and back."
    ),
    code=lambda scene: ways_around.BEFORE_AFTER.filled(layers=int(scene["layers"])),
    names=ways_around.BEFORE_AFTER.names,
    knobs=(Slider(name="layers", label=N_("Parts"), low=2, high=24, start=12),),
    way=Way(page="train", label=N_("Train with the norm after each part")),
)  # fmt: skip


def _growth(growth: float) -> str:
    if abs(growth - 1) < NEARLY:
        return SAME
    return LARGER if growth > 1 else SMALLER


def _before_dropout(seen: DroppedOnes) -> list[Figure]:
    ones, left = ["1"] * len(seen.first), ["?" if one else "0" for one in seen.first.tolist()]
    return [
        NumberTable(
            title=_("The first ten of a thousand ones, of which each is silenced by chance"),
            values=[ones, left],
            rows=[_("before"), _("while it trains")],
        )
    ]  # fmt: skip


def _after_dropout(seen: DroppedOnes, guess: Guess) -> list[Figure]:
    return [
        NumberTable(
            title=_("The first ten of a thousand ones"),
            values=[seen.first.tolist(), seen.generating.tolist()],
            rows=[_("while it trains"), _("while it writes")],
        ),
        Bars(
            title=_("All thousand, while it trains"),
            labels=[_("share silenced"), _("average")], values=[seen.silenced, seen.average],
            digits=3,
        ),
    ]  # fmt: skip


DROPOUT = Step(
    name="dropout",
    title=N_("Dropout"),
    words=N_(
        "While a model trains, dropout silences some numbers, chosen anew in every step, so that "
        "it cannot rely on any one of them. That helps against learning by heart. Here each of a "
        "thousand ones is silenced with a chance of one half. While the model writes, nothing is "
        "silenced; yet on average what comes next should get as much as while it trained."
    ),
    question=Amount(
        text=N_("What becomes of a one that is left?"), low=0, high=6, step=HALF,
    ),
    compute=lambda scene: dropout.drop_ones(float(scene["share"])),
    before=_before_dropout,
    after=_after_dropout,
    truth=lambda seen: seen.factor,
    result=lambda seen: _(
        "{silenced} % became 0 and each of the others {factor}; the average is {average}. While "
        "the model writes, all stay 1.",
        silenced=numeral(100 * seen.silenced, ".1f"), factor=numeral(seen.factor, ".2f"),
        average=numeral(seen.average, ".3f"),
    ),
    because=N_(
        "Those that are left are divided by the share that stays. So the sum is on average what "
        "it would be without dropout, and nothing has to be changed when the model writes: then "
        "dropout is off."
    ),
    code=lambda scene: dropout.DROPPED.filled(share=float(scene["share"])),
    names=dropout.DROPPED.names,
    knobs=(
        Slider(name="share", label=N_("Share that is silenced"), low=0, high=0.9, start=HALF,
               step=0.1),
    ),
)  # fmt: skip
