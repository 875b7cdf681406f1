"""One head of attention, continued: how alike a query and a key are."""

from minigpt.lessons.head_variants import likeness
from minigpt.lessons.head_variants.likeness import Likeness
from minigpt.sentences import N_
from ui.charts.figures import Figure, NumberTable
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Choice, Guess, Slider, Step

COSINE, DOT, SCALED = "cosine", "dot", "scaled"
MEASURES = {
    DOT: N_("the dot product"),
    COSINE: N_("the cosine"),
    SCALED: N_("the scaled dot product"),
}


def _after_likeness(seen: Likeness, guess: Guess) -> list[Figure]:
    return [
        *_before_likeness(seen),
        NumberTable(
            title=_("Three measures of how alike they are"),
            rows=[translated(MEASURES[name]) for name in (DOT, COSINE, SCALED)],
            columns=[_("b as it is"), _("b three times as long")],
            values=[
                list(pair)
                for pair in zip((seen.dot, seen.cosine, seen.scaled), seen.tripled, strict=True)
            ],
            digits=3,
            marked={(1, 0), (1, 1)},
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
    compute=lambda scene: likeness.likeness(float(scene["angle"]), float(scene["length"])),
    before=_before_likeness,
    after=_after_likeness,
    truth=lambda seen: COSINE,
    result=lambda seen: _(
        "The dot product goes from {dot} to {longer}, three times as much, and so does the scaled "
        "one. The cosine stays at {cosine}.",
        dot=numeral(seen.dot, ".3f"),
        longer=numeral(seen.tripled[0], ".3f"),
        cosine=numeral(seen.cosine, ".3f"),
    ),
    because=N_(
        "The cosine knows only the direction. In attention length is useful: a token can make "
        "itself heard with a long key. So the dot product is used, and scaled only to keep the "
        "softmax soft."
    ),
    code=lambda scene: likeness.LIKENESS.filled(
        angle=float(scene["angle"]), length=float(scene["length"])
    ),
    names=likeness.LIKENESS.names,
    knobs=(
        Slider(name="angle", label=N_("Angle between them (degrees)"), low=0, high=180, start=60,
               step=5),
        Slider(name="length", label=N_("Length of b"), low=1, high=5, start=1),
    ),
)  # fmt: skip
