"""Embeddings and positions, continued: what tells places apart, and a text in another order."""

from minigpt.lessons.one_head import LENGTH
from minigpt.lessons.vectors import order, places
from minigpt.lessons.vectors.order import TurnedRound
from minigpt.lessons.vectors.places import Places
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable, Tokens
from ui.charts.vectors.places import place_cells, place_curves, place_likeness
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Choice, Guess, Step, Stops, Way

KINDS = {
    "none": N_("none"),
    "learned": N_("learned"),
    "waves": N_("waves"),
    "rotary": N_("rotary"),
}
MORE, LESS, SAME = "more", "less", "same"
ROUNDING = 1e-3


def _cells(seen: Places) -> Figure:
    title = (
        _("The cosine of each angle: a column for each place, a row for each pair of channels")
        if seen.kind == "rotary"
        else _("What is added: a column for each place, a row for each channel")
    )
    return place_cells(title, seen.table.numpy(), high=1.0)


def _after_places(seen: Places, guess: Guess) -> list[Figure]:
    return [
        _cells(seen),
        place_curves(seen.table.numpy()),
        place_likeness({translated(KINDS[seen.kind]): seen.alike.tolist()}),
    ]


def _compared(seen: Places) -> str:
    if abs(seen.near - seen.far) < ROUNDING:
        return SAME
    return LESS if seen.near > seen.far else MORE


def _places_result(seen: Places) -> str:
    values = {"near": numeral(seen.near, ".2f"), "far": numeral(seen.far, ".2f")}
    if seen.kind == "none":
        return _("Nothing is added, so nothing tells one place from another.")
    if seen.kind == "rotary":
        return _(
            "Nothing is added. Queries and keys are turned by these angles, so what is left of a "
            "score depends on the distance alone: five places apart it is {near} everywhere.",
            **values,
        )
    if seen.kind == "learned":
        return _(
            "Learned vectors are drawn at random: places 6 and 11 have a cosine of {near}, 46 and "
            "51 one of {far}. That near places are alike, training has to find out.",
            **values,
        )
    return _(
        "Places 6 and 11 have a cosine of {near}, places 46 and 51 one of {far}: only the "
        "distance counts.",
        **values,
    )


PLACES = Step(
    name="places",
    title=N_("What a place looks like"),
    words=N_(
        "What is added for a place can be learnt, a row of free numbers for each. Or it is "
        "computed: sines and cosines, fast waves in the first channels, ever slower ones in the "
        "last, so that each place has its own pattern. Rotary positions add nothing: they turn "
        "queries and keys, pair by pair, by an angle that grows with the place. Take the waves: p "
        "is the place, i numbers the pairs of channels, C is how many channels there are."
    ),
    formula=r"\sin\frac{p}{10^{8i/C}},\quad \cos\frac{p}{10^{8i/C}}",
    question=Choice(
        text=N_("Places 46 and 51 are as far apart as 6 and 11. How alike are their waves?"),
        options={
            MORE: N_("More alike than those of 6 and 11"),
            SAME: N_("Exactly as alike"),
            LESS: N_("Less alike"),
        },
    ),
    compute=lambda scene: places.places(scene["kind"]),
    before=lambda seen: [place_curves(seen.table.numpy())],
    after=_after_places,
    truth=_compared,
    result=_places_result,
    because=N_(
        "The product of two sines plus the product of two cosines is the cosine of the difference: "
        "sin a sin b + cos a cos b = cos (a − b). So the likeness of two places depends on how "
        "far apart they are, and on the whole falls as they part. That is what attention needs to "
        "look three back, wherever it stands."
    ),
    code=lambda scene: places.PLACES_TOLD_APART.filled(kind=scene["kind"]),
    names=places.PLACES_TOLD_APART.names,
    knobs=(Stops(name="kind", label=N_("Kind of positions"), options=KINDS, start="waves"),),
    way=Way(page="train", label=N_("Train with another kind of positions"),
            query={"model.position": "sinusoidal"}),
)  # fmt: skip

NOBODY = "nobody"


def _unmoved(seen: TurnedRound) -> str:
    still = [
        kind for kind, change in zip(seen.kinds, seen.change.tolist(), strict=True)
        if change < ROUNDING
    ]  # fmt: skip
    return still[0] if still else NOBODY


def _before_order(seen: TurnedRound) -> list[Figure]:
    there = [str(token + 1) for token in range(LENGTH)]
    back = [*there[-2::-1], there[-1]]
    return [
        Tokens(title=_("As they stand"), tokens=there, marked={LENGTH - 1}),
        Tokens(title=_("The first seven the other way round"), tokens=back, marked={LENGTH - 1}),
        NumberTable(
            title=_("What is added to the vector of a token for its place"),
            rows=[translated(KINDS[kind]) for kind in seen.kinds],
            values=[
                [_("nothing")],
                [_("a vector of its own for each place")],
                [_("sines and cosines of the place")],
                [_("nothing; queries and keys are turned by the place")],
            ],
        ),
    ]


def _after_order(seen: TurnedRound, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Change of the last token's vector, in percent of its length"),
            labels=[translated(KINDS[kind]) for kind in seen.kinds],
            values=[100 * one for one in seen.change.tolist()],
            digits=1,
        )
    ]


def _order_result(seen: TurnedRound) -> str:
    none, *others = (numeral(100 * one, ".1f") for one in seen.change.tolist())
    values = {"none": none, "learned": others[0], "waves": others[1], "rotary": others[2]}
    if seen.layers == 1:
        return _(
            "Without positions the vector changes by {none} %. With learned ones by {learned} %, "
            "with waves by {waves} %, with rotary ones by {rotary} %.",
            **values,
        )
    return _(
        "With two layers the vector changes without positions, too: by {none} %. With learned ones "
        "by {learned} %, with waves by {waves} %, with rotary ones by {rotary} %.",
        **values,
    )


ORDER = Step(
    name="order",
    title=N_("Shuffle the text"),
    words=N_(
        "Eight tokens, and one layer with one head that adds what it finds. Now the first seven "
        "are put the other way round; the eighth stays last. It looks at all of them. Does its "
        "vector after the layer show the difference? The weights are drawn at random, the same "
        "for each kind of positions."
    ),
    question=Choice(
        text=N_("For which kind of positions does nothing at all change?"),
        options={**KINDS, NOBODY: N_("Something changes for each")},
    ),
    compute=lambda scene: order.turned_round(int(scene["layers"])),
    before=_before_order,
    after=_after_order,
    truth=_unmoved,
    result=_order_result,
    because=N_(
        "Without positions, attention is a sum over what is there, and a sum does not know in "
        "which order it was added up. In a second layer it does matter a little: through the mask "
        "each token has seen only those before it, and so what it hands on depends on its place. "
        "That is how models without positions learn an order after all, slowly."
    ),
    code=lambda scene: order.TURNED_ROUND.filled(layers=int(scene["layers"])),
    names=order.TURNED_ROUND.names,
    knobs=(Stops(name="layers", label=N_("Layers"), options={"1": "1", "2": "2"}, start="1"),),
    way=Way(page="inside", label=N_("Look inside a model with rotary positions"),
            query={"run": "demo-shakespeare", "section": "embeddings"}),
)  # fmt: skip
