"""One head of attention, continued: what goes wrong with it."""

from minigpt.lessons.head_variants import slips
from minigpt.lessons.head_variants.slips import Slip
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Choice, Guess, Step, Stops

ROWS, COLUMNS, NEITHER = "rows", "columns", "neither"
SLIP_NAMES = {
    "axis": N_("softmax over the queries"),
    "no mask": N_("no mask"),
    "scale": N_("divided by the root of the model's width"),
}


def _numbered(count: int) -> list[str]:
    return [str(place + 1) for place in range(count)]


def _weights(title: str, values: list[list[float]]) -> Figure:
    return NumberTable(
        title=title, values=values, rows=_numbered(len(values)),
        columns=_numbered(len(values[0])), digits=2, high=1.0,
    )  # fmt: skip


def _after_slip(seen: Slip, guess: Guess) -> list[Figure]:
    return [
        _weights(_("Right: softmax over the keys, with the mask"), seen.right.tolist()),
        _weights(
            _("Changed: {slip}", slip=translated(SLIP_NAMES[seen.kind])), seen.changed.tolist()
        ),
        Bars(
            title=_("The sum of each row; it should be 1"),
            labels=_numbered(len(seen.row_sums)),
            values=seen.row_sums,
            digits=2,
            lines={_("one"): 1.0},
        ),
    ]


SLIPS = Step(
    name="slips",
    title=N_("Three slips that run"),
    words=N_(
        "A head with a slip raises no error: it runs, and learns worse or cheats. In one published "
        "example the softmax is taken over the queries, down each column, and not over the keys, "
        "along each row. Rows are the tokens that look."
    ),
    question=Choice(
        text=N_("With that slip, what adds up to 1?"),
        options={ROWS: N_("Each row"), COLUMNS: N_("Each column"), NEITHER: N_("Neither")},
    ),
    compute=lambda scene: slips.slip(scene["kind"]),
    before=lambda seen: [
        _weights(_("Right: softmax over the keys, with the mask"), seen.right.tolist())
    ],
    after=_after_slip,
    truth=lambda seen: ROWS if _are_one(seen.row_sums) else COLUMNS,
    result=lambda seen: _(
        "The rows of the changed head add up to numbers from {low} to {high}, and {future} % of "
        "its weights lie on the future.",
        low=numeral(min(seen.row_sums), ".2f"),
        high=numeral(max(seen.row_sums), ".2f"),
        future=numeral(100 * seen.future, ".0f"),
    ),
    because=N_(
        "Over the queries, tokens compete for who may look at a key; late tokens get more than one "
        "share and early ones less. Without a mask a head reads the answer from the future: its "
        "training loss becomes wonderful, and it cannot write. Divided by too large a root, the "
        "weights become too even."
    ),
    code=lambda scene: slips.SLIP.filled(kind=scene["kind"]),
    names=slips.SLIP.names,
    knobs=(Stops(name="kind", label=N_("What is changed"), options=SLIP_NAMES, start="axis"),),
)


def _are_one(sums: list[float]) -> bool:
    return all(abs(one - 1) < 1e-3 for one in sums)
