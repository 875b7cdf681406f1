"""One head of attention, continued: why scores are divided by a root."""

from minigpt.lessons import one_head
from minigpt.lessons.one_head import SharpenedScores, Variances
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Guess, Slider, Step


def _spread(seen: Variances, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Variance: how widely the numbers are spread"),
            labels=[_("keys"), _("queries"), _("scores, unscaled"), _("scores, scaled")],
            values=[seen.k_var, seen.q_var, seen.unscaled, seen.scaled],
            digits=4,
            guess=guess if isinstance(guess, float) else None,
        )
    ]


SCALE = Step(
    name="scale",
    title=N_("Why divide by a root"),
    words=N_(
        "Queries and keys of 16 random numbers, each with a variance of about 1: most of them lie "
        "between -2 and 2. A product of two such numbers has a variance of about 1 again. A score "
        "is the dot product of a query and a key, a sum of 16 products."
    ),
    question=Amount(
        text=N_("What will the variance of these scores be, before any scaling?"),
        low=0,
        high=40,
        step=0.5,
    ),
    compute=lambda scene: one_head.score_variances(int(scene["size"])),
    before=lambda seen: [
        Bars(
            title=_("Variance: how widely the numbers are spread"),
            labels=[_("keys"), _("queries")],
            values=[seen.k_var, seen.q_var],
            digits=4,
        )
    ],
    after=_spread,
    truth=lambda seen: seen.unscaled,
    result=lambda seen: _(
        "It is {unscaled}, about the size of the head. Divided by the root of {size}, the scores "
        "have a variance of {scaled} again.",
        unscaled=numeral(seen.unscaled, ".4f"),
        size=seen.size,
        scaled=numeral(seen.scaled, ".4f"),
    ),
    because=N_(
        "The variances of independent numbers add up: 16 products of variance 1 give 16. Dividing "
        "by the root of 16 divides the variance by 16. Otherwise a larger head would have larger "
        "scores, and what these do to the softmax is the next step. What counts is the size of the "
        "head, d_k; dividing by the width of the model, as some write-ups do, is too much."
    ),
    code=lambda scene: one_head.VARIANCES.filled(size=int(scene["size"])),
    names=one_head.VARIANCES.names,
    knobs=(Slider(name="size", label=N_("Size of the head"), low=2, high=128, start=16, step=2),),
)


def _sharp(seen: SharpenedScores, guess: Guess) -> list[Figure]:
    largest = int(seen.sharp.argmax())
    return [
        NumberTable(
            title=_("Five scores, and their softmax as they are and multiplied"),
            rows=[_("scores"), _("softmax"), _("times {factor}", factor=numeral(seen.factor, "g"))],
            values=[seen.scores.tolist(), seen.plain.tolist(), seen.sharp.tolist()],
            digits=4,
            high=1.0,
            marked={(2, largest)},
        ),
        Bars(
            title=_("The softmax of the multiplied scores, in percent"),
            labels=[numeral(score, "g") for score in seen.scores.tolist()],
            values=[100 * share for share in seen.sharp.tolist()],
            digits=2,
            guess=guess if isinstance(guess, float) else None,
        ),
    ]


SHARP = Step(
    name="sharp",
    title=N_("Large scores are stubborn"),
    words=N_(
        "The softmax makes weights of any scores: the exponential of each, divided by the sum of "
        "all. Here are five scores and their weights. Now the scores are multiplied by 8."
    ),
    question=Amount(
        text=N_("How many percent will the largest of the five get then?"),
        low=20,
        high=100,
        step=0.5,
        unit="%",
    ),
    compute=lambda scene: one_head.sharpen_scores(float(scene["factor"])),
    before=lambda seen: [
        NumberTable(
            title=_("Five scores, and their softmax"),
            rows=[_("scores"), _("softmax")],
            values=[seen.scores.tolist(), seen.plain.tolist()],
            digits=4,
            high=1.0,
        )
    ],
    after=_sharp,
    truth=lambda seen: 100 * seen.sharp.max().item(),
    result=lambda seen: _(
        "The largest gets {sharp} %; before it had {plain} %. By chance each would get {chance} %.",
        sharp=numeral(100 * seen.sharp.max().item(), ".2f"),
        plain=numeral(100 * seen.plain.max().item(), ".2f"),
        chance=numeral(100 / len(seen.scores), ".0f"),
    ),
    because=N_(
        "With large scores the softmax picks one and leaves nothing to the rest; then it hardly "
        "learns any more, since small changes of the scores change nothing. So scores are scaled. "
        "A plain average cannot choose; with small scores the softmax is nearly such an average."
    ),
    code=lambda scene: one_head.SHARPENED.filled(factor=float(scene["factor"])),
    names=one_head.SHARPENED.names,
    knobs=(Slider(name="factor", label=N_("Factor on the scores"), low=0, high=16, start=8),),
)
