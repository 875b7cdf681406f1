"""One head of attention, continued: what goes wrong, what is alike, and the other kinds."""

from minigpt.lessons import head_variants
from minigpt.lessons.head_variants import KindsOfAttention, Likeness, Slip
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Choice, Guess, Slider, Step, Stops
from ui.wording import scientific

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
            title=_("What each token gives away in all; it should be 1"),
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
    compute=lambda scene: head_variants.slip(scene["kind"]),
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
    code=lambda scene: head_variants.SLIP.filled(kind=scene["kind"]),
    names=head_variants.SLIP.names,
    knobs=(Stops(name="kind", label=N_("What is changed"), options=SLIP_NAMES, start="axis"),),
)


def _are_one(sums: list[float]) -> bool:
    return all(abs(one - 1) < 1e-3 for one in sums)


COSINE, DOT, SCALED = "cosine", "dot", "scaled"
MEASURES = {
    DOT: N_("the dot product"),
    COSINE: N_("the cosine"),
    SCALED: N_("the scaled dot product"),
}


def _after_likeness(seen: Likeness, guess: Guess) -> list[Figure]:
    return [
        *_before_likeness(seen),
        Bars(
            title=_("Three measures of how alike they are"),
            labels=[translated(MEASURES[name]) for name in (DOT, COSINE, SCALED)],
            values=[seen.dot, seen.cosine, seen.scaled],
            digits=3,
        ),
    ]


def _before_likeness(seen: Likeness) -> list[Figure]:
    return [
        NumberTable(
            title=_("Two vectors"), values=[list(seen.first), list(seen.second)],
            rows=["a", "b"], digits=3,
        )
    ]  # fmt: skip


LIKENESS = Step(
    name="likeness",
    title=N_("How alike are two vectors?"),
    words=N_(
        "A score could be computed in other ways. The dot product multiplies number by number and "
        "adds. The cosine divides that by both lengths. The scaled dot product divides it by the "
        "root of how many numbers there are."
    ),
    question=Choice(
        text=N_("If b becomes three times as long, which measure stays as it is?"),
        options=MEASURES,
    ),
    compute=lambda scene: head_variants.likeness(float(scene["angle"]), float(scene["length"])),
    before=_before_likeness,
    after=_after_likeness,
    truth=lambda seen: COSINE,
    result=lambda seen: _(
        "The dot product is {dot}, the cosine {cosine}, the scaled dot product {scaled}. Move the "
        "length: only the cosine does not change.",
        dot=numeral(seen.dot, ".3f"),
        cosine=numeral(seen.cosine, ".3f"),
        scaled=numeral(seen.scaled, ".3f"),
    ),
    because=N_(
        "The cosine knows only the direction. In attention length is useful: a token can make "
        "itself heard with a long key. So the dot product is used, and scaled only to keep the "
        "softmax soft."
    ),
    code=lambda scene: head_variants.LIKENESS.filled(
        angle=float(scene["angle"]), length=float(scene["length"])
    ),
    names=head_variants.LIKENESS.names,
    knobs=(
        Slider(name="angle", label=N_("Angle between them (degrees)"), low=0, high=180, start=60,
               step=5),
        Slider(name="length", label=N_("Length of b"), low=1, high=5, start=1),
    ),
)  # fmt: skip

SHUFFLED, CHANGED = "shuffled", "changed"
KIND_NAMES = {
    "decoder": N_("decoder: with the mask"),
    "encoder": N_("encoder: without a mask"),
    "cross": N_("cross-attention: to another text"),
}


def _after_kinds(seen: KindsOfAttention, guess: Guess) -> list[Figure]:
    return [
        _weights(translated(KIND_NAMES["encoder"]), seen.encoder.tolist()),
        _weights(translated(KIND_NAMES["decoder"]), seen.decoder.tolist()),
        _weights(translated(KIND_NAMES["cross"]), seen.cross.tolist()),
        NumberTable(
            title=_("Largest change of an output"),
            values=[
                [_("encoder, tokens in the reverse order"), seen.swapped],
                [_("decoder, tokens in the reverse order"), seen.swapped_decoder],
                [_("decoder, without the other texts of the batch"), seen.apart],
            ],
            digits=4,
        ),
    ]


KINDS = Step(
    name="kinds",
    title=N_("Self, cross, encoder, decoder"),
    words=N_(
        "With the mask, a head belongs to a decoder, which writes. Without it, it belongs to an "
        "encoder, which reads a whole text at once. If the queries come from one text and keys and "
        "values from another, that is cross-attention; else it is self-attention. Take the encoder "
        "and hand it the same tokens in the reverse order, without saying so."
    ),
    question=Choice(
        text=N_("What happens to what the encoder's head brings to each token?"),
        options={
            SHUFFLED: N_("Each token gets the same as before"),
            CHANGED: N_("Each token gets something else"),
        },
    ),
    compute=lambda scene: head_variants.kinds_of_attention(),
    before=lambda seen: [_weights(translated(KIND_NAMES["encoder"]), seen.encoder.tolist())],
    after=_after_kinds,
    truth=lambda seen: SHUFFLED if seen.swapped < 1e-4 else CHANGED,
    result=lambda seen: _(
        "In the encoder an output changes by {encoder} at most, which is rounding; in the decoder "
        "by {decoder}. The other texts of the batch change nothing: {apart}.",
        encoder=scientific(seen.swapped),
        decoder=numeral(seen.swapped_decoder, ".2f"),
        apart=scientific(seen.apart),
    ),
    because=N_(
        "Attention has no notion of where a token stands: it only compares vectors. Of the order "
        "a decoder knows no more than what its mask hides. That is why models add positions to "
        "their tokens. And texts of a batch never look at each other; they only share the weights. "
        "GPT is a decoder, with self-attention alone."
    ),
    code=lambda scene: head_variants.KINDS_OF_ATTENTION.filled(),
    names=head_variants.KINDS_OF_ATTENTION.names,
)
