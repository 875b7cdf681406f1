"""One head of attention: what a query, a key and a value are, and what becomes of them."""

from minigpt.lessons import one_head
from minigpt.lessons.one_head import Sharpened, Stages, Variances
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Lesson, Place, Slider, Step, Way
from ui.screens.learn.lessons.head_variants import KINDS, LIKENESS, SLIPS
from ui.wording import count

TOKEN = (Slider(name="token", label=N_("Token that looks"), low=1, high=8, start=2),)
FORMULA = r"\text{Attention}(Q, K, V) = \text{softmax}\left(\frac{Q K^T}{\sqrt{d_k}}\right) V"


def _row(title: str, numbers: list[float]) -> Figure:
    largest = max(map(abs, numbers))
    half = len(numbers) // 2 if len(numbers) > 16 else len(numbers)
    rows = [numbers[:half], numbers[half:]] if half < len(numbers) else [numbers]
    return NumberTable(title=title, values=rows, digits=1, low=-largest, high=largest)


def _views(seen: Stages, guess: Guess) -> list[Figure]:
    at = seen.token
    return [
        _row(_("x, what the token brings along: 32 numbers"), seen.x[at].tolist()),
        _row(_("query: what I am looking for"), seen.q[at].tolist()),
        _row(_("key: what I have to offer"), seen.k[at].tolist()),
        _row(_("value: what I tell, if you look at me"), seen.v[at].tolist()),
    ]


VIEWS = Step(
    name="views",
    title=N_("Query, key, value"),
    words=N_(
        "Every token has a vector, here of 32 numbers. A head makes three shorter ones of it, each "
        "by a table of weights of its own. The query says what the token is looking for, the key "
        "what it has to offer, the value what it tells to whoever looks at it. Here each of them "
        "has 16 numbers."
    ),
    question=Amount(
        text=N_("How many weights do these three tables have together?"),
        low=0,
        high=4000,
        step=8,
        unit=N_("weights"),
    ),
    compute=lambda scene: one_head.stages(int(scene["token"]) - 1),
    before=lambda seen: [
        _row(_("x, what the token brings along: 32 numbers"), seen.x[seen.token].tolist())
    ],
    after=_views,
    truth=lambda seen: seen.parameters,
    result=lambda seen: _(
        "{count} weights: three tables of {width} times {size}. The head gives back the shape "
        "{shape} for a batch of four texts with eight tokens.",
        count=count(seen.parameters),
        width=seen.x.shape[1],
        size=seen.q.shape[1],
        shape=str(seen.shape),
    ),
    because=N_(
        "Each of the 16 numbers of a query is a weighted sum of all 32 numbers of the token. "
        "Training sets the weights, so nobody writes down what a head looks for. The three tables "
        "are separate so that a token can look for one thing and offer another."
    ),
    code=lambda scene: one_head.STAGES.filled(),
    names=one_head.STAGES.names,
    knobs=TOKEN,
)


def _table(
    title: str, seen: Stages, values: list[list[float]], *, low: float = 0.0, high: float = 1.0
) -> Figure:
    names = [str(place + 1) for place in range(len(values))]
    row = {(seen.token, column) for column in range(len(values))}
    return NumberTable(
        title=title, values=values, rows=names, columns=names, digits=2, marked=row, low=low,
        high=high,
    )  # fmt: skip


def _before_scores(seen: Stages) -> list[Figure]:
    return [
        _table(
            _("Scores: each query (row) times each key (column)"),
            seen,
            seen.scores.tolist(),
            low=-4.0,
            high=4.0,
        )
    ]


def _after_scores(seen: Stages, guess: Guess) -> list[Figure]:
    guessed = {(seen.token, int(guess))} if isinstance(guess, int | float) else set()
    return [
        *_before_scores(seen),
        _table(
            _("Masked scores: the future is minus infinity"),
            seen,
            seen.masked.tolist(),
            low=-4.0,
            high=4.0,
        ),
        NumberTable(
            title=_("Weights: the softmax of each row, which adds up to 1"),
            values=seen.weights.tolist(),
            rows=[str(place + 1) for place in range(len(seen.weights))],
            columns=[str(place + 1) for place in range(len(seen.weights))],
            digits=4,
            high=1.0,
            marked={(seen.token, int(seen.weights[seen.token].argmax()))},
            guessed=guessed,
        ),
    ]


SCORES = Step(
    name="scores",
    title=N_("Scores, mask, weights"),
    words=N_(
        "A score says how well a query fits a key: the dot product of the two. Then the mask puts "
        "minus infinity where the key lies in the future. The softmax makes weights of each row: "
        "positive numbers that add up to 1. In the formula Q, K and V are the queries, keys and "
        "values of all tokens; its root is left out here, and step 4 says what it is for. Row 2 "
        "is the second token; its largest score is with the fourth."
    ),
    formula=FORMULA,
    question=Place(
        text=N_("To which token will the second one give the most attention?"),
        tokens=lambda seen: [str(place + 1) for place in range(len(seen.weights))],
    ),
    compute=lambda scene: one_head.stages(int(scene["token"]) - 1),
    before=_before_scores,
    after=_after_scores,
    truth=lambda seen: int(seen.weights[seen.token].argmax()),
    result=lambda seen: _(
        "Token {token} gives {share} % to token {best}. If it looked at all it may see alike, each "
        "would get {chance} %.",
        token=seen.token + 1,
        best=int(seen.weights[seen.token].argmax()) + 1,
        share=numeral(100 * seen.weights[seen.token].max().item(), ".2f"),
        chance=numeral(100 / (seen.token + 1), ".2f"),
    ),
    because=N_(
        "The exponential of minus infinity is 0, so a masked score gets no weight, however large "
        "it was. What is hidden is the future, and no gap in the text. Attention is talk along a "
        "graph: an arrow to each token from itself and from all before it, each with a weight."
    ),
    code=lambda scene: one_head.STAGES.filled(),
    names=one_head.STAGES.names,
    knobs=TOKEN,
    way=Way(page="attention", label=N_("See these stages in a trained model, on your text")),
)

ZEROS, OWN, MEAN = "zeros", "own", "mean"


def _values(seen: Stages, guess: Guess) -> list[Figure]:
    at = seen.token
    largest = seen.v.abs().max().item()
    rows = [str(place + 1) for place in range(len(seen.v))]
    shares = [[weight] for weight in seen.weights[at].tolist()]
    return [
        NumberTable(
            title=_("The weights of the chosen token"), values=shares, rows=rows, digits=4, high=1.0
        ),
        NumberTable(
            title=_("The values of all tokens, a row each"), values=seen.v.tolist(), rows=rows,
            digits=1, low=-largest, high=largest,
        ),
        _row(_("What the head brings: each value times its weight"), seen.out[at].tolist()),
    ]  # fmt: skip


def _brought(seen: Stages) -> str:
    if seen.out[0].allclose(seen.v[0], atol=1e-6):
        return OWN
    return MEAN if seen.out[0].allclose(seen.v.mean(dim=0), atol=1e-6) else ZEROS


VALUES = Step(
    name="values",
    title=N_("Weights times values"),
    words=N_(
        "What a head brings to a token is a weighted sum: each value times its weight, all added "
        "up. The weights multiply the values; they are not added to them. Think of the very first "
        "token, which may look at nothing but itself."
    ),
    question=Choice(
        text=N_("What does the head bring to the first token?"),
        options={
            ZEROS: N_("Nothing: zeros"),
            OWN: N_("The first token's own value"),
            MEAN: N_("The average of all values"),
        },
    ),
    compute=lambda scene: one_head.stages(int(scene["token"]) - 1),
    before=lambda seen: [
        _table(_("Weights"), seen, seen.weights.tolist()),
    ],
    after=_values,
    truth=_brought,
    result=lambda seen: _(
        "The first token gives itself a weight of {own}, so it gets its own value. Token {token} "
        "gets a mixture of {count} values.",
        own=numeral(seen.weights[0, 0].item(), ".4f"),
        token=seen.token + 1,
        count=seen.token + 1,
    ),
    because=N_(
        "A row of weights adds up to 1. Where only one place is left, it has all the weight. The "
        "result has the length of a value, 16 numbers, however many tokens were looked at."
    ),
    code=lambda scene: one_head.STAGES.filled(),
    names=one_head.STAGES.names,
    knobs=(Slider(name="token", label=N_("Token that looks"), low=1, high=8, start=8),),
)


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
        "between -2 and 2. A score is the dot product of a query and a key, a sum of 16 products."
    ),
    question=Amount(
        text=N_("What will the variance of these scores be, before any scaling?"),
        low=0,
        high=40,
        step=0.5,
    ),
    compute=lambda scene: one_head.variances(int(scene["size"])),
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


def _sharp(seen: Sharpened, guess: Guess) -> list[Figure]:
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
    compute=lambda scene: one_head.sharpened(float(scene["factor"])),
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

LESSON = Lesson(
    name="one-head",
    title=N_("One head of attention"),
    goal=N_(
        "Afterwards you can compute what a head does, from query and key to what it brings home, "
        "and say what the mask, the softmax and the root are for."
    ),
    steps=(VIEWS, SCORES, VALUES, SCALE, SHARP, SLIPS, LIKENESS, KINDS),
)
