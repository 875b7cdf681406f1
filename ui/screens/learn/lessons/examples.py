"""Contexts and targets: what a text asks a model, and why a part of it is kept away."""

from dataclasses import replace

from minigpt.lessons import examples
from minigpt.lessons.examples import ByHeart, Examples, FirstBatch
from minigpt.lessons.excerpts import CHARACTERS
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure, NumberTable, Text, Tokens, Value
from ui.i18n import _
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Guess,
    Lesson,
    Scene,
    Slider,
    Step,
    Texts,
    Typed,
    Way,
)
from ui.screens.learn.sharing import shared_numbers
from ui.services import runs
from ui.wording import glyph, loss

KNOBS = (
    Slider(name="length", label=N_("Context length (block size)"), low=2, high=16, start=8),
    Typed(name="text", label=N_("Another text"), start="First Citizen: Before we"),
)


def _compute(scene: Scene) -> Examples:
    return examples.examples(scene["text"], int(scene["length"]))


def _code(scene: Scene) -> str:
    return examples.EXAMPLES.filled(text=scene["text"], length=int(scene["length"]))


def _characters(ids: tuple[int, ...]) -> list[str]:
    return [CHARACTERS[one] for one in ids]


def _window(seen: Examples) -> list[Figure]:
    return [
        Tokens(title=_("The window, over its ids"), tokens=_characters(seen.ids), below=seen.ids)
    ]


def _growing(seen: Examples, guess: Guess) -> list[Figure]:
    rows: list[list[Value]] = [
        [
            " ".join(map(str, context)),
            "".join(map(glyph, _characters(context))),
            target,
            glyph(CHARACTERS[target]),
        ]
        for context, target in zip(seen.contexts, seen.targets, strict=True)
    ]
    columns = [_("context, as ids"), _("as text"), _("target"), _("as text")]
    return [
        *_window(seen),
        NumberTable(title=_("Every example in the window"), values=rows, columns=columns),
    ]


GROWING = Step(
    name="growing",
    title=N_("One window, many examples"),
    words=N_(
        "A language model learns to say what comes next. What it may look at is the context; what "
        "it should have said is the target, the character right behind it. Both together are an "
        "example. A window, a piece cut out of the text, holds not one example, but one for each "
        "of its beginnings that something follows."
    ),
    question=Amount(
        text=N_("How many examples are in this window of nine characters?"),
        low=1,
        high=16,
        unit=N_("examples"),
    ),
    compute=_compute,
    before=_window,
    after=_growing,
    truth=lambda seen: seen.count,
    result=lambda seen: _(
        "{length} characters make {count} examples. The shortest context has one character, the "
        "longest has {count}.",
        length=len(seen.ids),
        count=seen.count,
    ),
    because=N_(
        "Every character but the first is a target once, and all before it in the window are its "
        "context. So the model learns to go on after short contexts as well as after long ones. "
        "The table shows what training asks; it does not show that anything was predicted."
    ),
    code=_code,
    names=examples.EXAMPLES.names,
    knobs=KNOBS,
)


def _triangle(seen: Examples, guess: Guess) -> list[Figure]:
    size = len(seen.targets)
    table: list[list[Value]] = [
        [*_characters(context), *[None] * (size - len(context)), CHARACTERS[target]]
        for context, target in zip(seen.contexts, seen.targets, strict=True)
    ]
    shown: list[list[Value]] = [
        [glyph(cell) if isinstance(cell, str) else cell for cell in row] for row in table
    ]
    return [
        NumberTable(
            title=_("Contexts and, at the right, their targets"),
            values=shown,
            rows=[str(row + 1) for row in range(size)],
            columns=[*map(str, range(1, size + 1)), _("target")],
            marked={(row, size) for row in range(size)},
            appearing=True,
        )
    ]


TRIANGLE = Step(
    name="triangle",
    title=N_("The triangle"),
    words=N_(
        "Write the eight contexts of that window under each other, each character in its own "
        "column. Where the context has no character yet, the cell stays empty: that is the future, "
        "which a model must not see."
    ),
    question=Amount(
        text=N_("Of the 8 times 8 cells, how many are filled?"),
        low=0,
        high=64,
        unit=N_("cells"),
    ),
    compute=_compute,
    before=_window,
    after=_triangle,
    truth=lambda seen: seen.known,
    result=lambda seen: _(
        "{known} cells are filled and the others are empty: a triangle. Row by row the context "
        "grows by one, and the target of a row is the newest character of the next.",
        known=seen.known,
    ),
    because=N_(
        "Row 1 has one filled cell, row 2 has two, and so on: 1 + 2 + 3 + ... The empty cells are "
        "no gaps in the text; they are characters that come later. In attention the same "
        "triangle appears as the mask."
    ),
    code=_code,
    names=examples.EXAMPLES.names,
    knobs=KNOBS,
    way=Way(page="attention", label=N_("See the triangle in the heads of a model")),
)


def _batch_text(row: list[int]) -> str:
    return "".join(glyph(CHARACTERS[one]) for one in row)


def _lines_of(seen: FirstBatch) -> str:
    found = []
    for context, targets in zip(seen.inputs.tolist(), seen.targets.tolist(), strict=True):
        for end, target in enumerate(targets, start=1):
            letters = f"{_batch_text(context[:end])} → {_batch_text([target])}"
            found.append(f"{letters:<12} {context[:end]} → {target}")
    return "\n".join(found)


def _before_batch(seen: FirstBatch) -> list[Figure]:
    windows = [
        [*context, targets[-1]]
        for context, targets in zip(seen.inputs.tolist(), seen.targets.tolist(), strict=True)
    ]
    width = len(windows[0])
    return [
        NumberTable(
            title=_("Four windows of nine characters"),
            values=[[glyph(CHARACTERS[one]) for one in window] for window in windows],
            rows=[_("window {number}", number=row + 1) for row in range(len(windows))],
            columns=[str(place + 1) for place in range(width)],
        ),
        NumberTable(
            title=_("The same as ids; the model reads the first eight of each"),
            values=windows,
            rows=[_("window {number}", number=row + 1) for row in range(len(windows))],
            columns=[str(place + 1) for place in range(width)],
        ),
    ]


def _after_batch(seen: FirstBatch, guess: Guess) -> list[Figure]:
    size = seen.inputs.shape[1]
    row = {(seen.row, column) for column in range(size)}
    chosen = list(zip(seen.inputs[seen.row].tolist(), seen.targets[seen.row].tolist(), strict=True))
    return [
        NumberTable(title=_("inputs, shape (4, 8)"), values=seen.inputs.tolist(), marked=row),
        NumberTable(title=_("targets, shape (4, 8)"), values=seen.targets.tolist(), marked=row),
        Tokens(
            title=_("The chosen row: each character over the id of the one that follows"),
            tokens=[CHARACTERS[first] for first, _second in chosen],
            below=[second for _first, second in chosen],
        ),
        Text(title=_("All examples: context → target, as text and as ids"), text=_lines_of(seen)),
    ]


BATCH = Step(
    name="batch",
    title=N_("A batch"),
    words=N_(
        "Training looks at several windows at once, a batch. They are cut from random places of "
        "the text, here from scenes of Shakespeare. Each window has nine characters, as in step 1: "
        "the model reads the first eight, and the ninth is only there to be guessed. As before, "
        "every beginning of a window is an example with a context and a target."
    ),
    question=Amount(
        text=N_("How many examples do the four windows hold together?"),
        low=1,
        high=48,
        unit=N_("examples"),
    ),
    compute=lambda scene: examples.first_batch(int(scene["row"]) - 1),
    before=_before_batch,
    after=_after_batch,
    truth=lambda seen: seen.lines,
    result=lambda seen: _(
        "The batch holds {lines} examples: {rows} rows with {size} each. The targets are the same "
        "windows, moved on by one. The chosen row reads “{text}”.",
        lines=seen.lines,
        rows=len(seen.inputs),
        size=seen.inputs.shape[1],
        text=_batch_text(seen.inputs[seen.row].tolist()),
    ),
    because=N_(
        "Every position of every row is an example of its own. The rows know nothing of each "
        "other: they are computed together only because that is faster."
    ),
    code=lambda scene: examples.FIRST_BATCH.filled(),
    names=examples.FIRST_BATCH.names,
    knobs=(Slider(name="row", label=N_("Row of the batch"), low=1, high=4, start=1),),
)

LESS, MORE, SAME = "less", "more", "same"


def _before_heart(seen: ByHeart) -> list[Figure]:
    return [
        Bars(
            title=_("Loss of a table that looks at four letters"),
            labels=[_("on what it counted, the training part")],
            values=[seen.training[seen.orders.index(4)]],
            digits=4,
            unit=_("nats per character"),
        )
    ]


def _after_heart(seen: ByHeart, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Loss of a table that looks at {count} letters", count=seen.chosen),
            labels=[_("training part"), _("validation part")],
            values=[seen.training[seen.at], seen.validation[seen.at]],
            digits=4,
            unit=_("nats per character"),
        ),
        Lines(
            title=_("Loss (nats per character) of tables that look further and further back"),
            curves={
                _("validation part"): list(zip(seen.orders, seen.validation, strict=True)),
                _("training part"): list(zip(seen.orders, seen.training, strict=True)),
            },
            across=_("letters looked at"),
        ),
    ]


def _count(scene: Scene) -> ByHeart:
    # The tables are the same whichever of them is looked at.
    corpus = scene["corpus"]
    counted: ByHeart = shared_numbers(
        "by-heart", (("corpus", corpus),), lambda: examples.by_heart(runs.corpus(corpus).text)
    )
    return replace(counted, chosen=int(scene["order"]))


SPLIT = Step(
    name="split",
    title=N_("A tenth is kept away"),
    words=N_(
        "Before training, the last tenth of the text is put aside: the validation part. Here is a "
        "model made by counting alone: for every four letters, which letter followed them in the "
        "training part. The loss says how surprised it is by each next letter: lower is better, "
        "and 0 is no surprise at all. It is counted in nats, of which the next lesson says more."
    ),
    question=Choice(
        text=N_("How surprised will it be by the part that it never saw?"),
        options={
            LESS: N_("Less than by the training part"),
            SAME: N_("About as much"),
            MORE: N_("More than by the training part"),
        },
    ),
    compute=_count,
    before=_before_heart,
    after=_after_heart,
    truth=lambda seen: MORE if seen.validation[seen.at] > seen.training[seen.at] else LESS,
    result=lambda seen: _(
        "With {order} letters the loss is {training} on the training part and {validation} on the "
        "validation part.",
        order=seen.chosen,
        training=loss(seen.training[seen.at]),
        validation=loss(seen.validation[seen.at]),
    ),
    because=N_(
        "Whoever looks further back learns the training part by heart: almost every long piece is "
        "there once, so its end is certain. On unseen text that helps little and then harms. This "
        "is overfitting, and the kept part is how one notices it. A model that is poor on both "
        "parts is underfitted instead."
    ),
    code=lambda scene: examples.BY_HEART.filled(corpus=scene["corpus"]),
    names=examples.BY_HEART.names,
    knobs=(
        Slider(name="order", label=N_("Letters that the table looks at"), low=0, high=5, start=4),
        Texts(),
    ),
    way=Way(page="runs", label=N_("See both losses of your runs")),
)

LESSON = Lesson(
    name="examples",
    title=N_("Contexts and targets"),
    goal=N_(
        "Afterwards you can write down what a text asks a model, line by line, and say why a part "
        "of the text is kept away from training."
    ),
    steps=(GROWING, TRIANGLE, BATCH, SPLIT),
)
