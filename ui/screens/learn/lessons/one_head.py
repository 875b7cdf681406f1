"""One head of attention: what a query, a key and a value are, and what becomes of them."""

from minigpt.lessons import one_head
from minigpt.lessons.one_head import Stages
from minigpt.sentences import N_
from ui.charts.figures import Figure, NumberTable
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Lesson, Place, Slider, Step, Way
from ui.screens.learn.lessons.head_variants.kinds import APART, CROSS, KINDS, REVERSED
from ui.screens.learn.lessons.head_variants.likeness import LIKENESS
from ui.screens.learn.lessons.head_variants.scaling import SCALE, SHARP
from ui.screens.learn.lessons.head_variants.slips import SLIPS
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
        "by a table of weights of its own: each number of a shorter vector is a sum of all 32, and "
        "each of these has its own weight in that sum. The query says what the token is looking "
        "for, the key what it has to offer, the value what it tells to whoever looks at it. Here "
        "each of them has 16 numbers."
    ),
    question=Amount(
        text=N_("How many weights do these three tables have together?"),
        low=0,
        high=4000,
        step=8,
        unit=N_("weights"),
    ),
    compute=lambda scene: one_head.head_stages(int(scene["token"]) - 1),
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
    compute=lambda scene: one_head.head_stages(int(scene["token"]) - 1),
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


SHOWN = 8
"""Numbers of a value: as many as a telephone has room for beside each other."""
SPACE = "\u00a0"
"""Keeps what stands before a row in one line."""


def _all_values(seen: Stages) -> list[Figure]:
    largest = seen.v.abs().max().item()
    return [
        _table(
            _("Weights: a row for each token that looks; that of token {token} is marked",
              token=seen.token + 1),
            seen, seen.weights.tolist(),
        ),
        NumberTable(
            title=_(
                "The values of all eight tokens, a row each: the first {shown} of {size} numbers",
                shown=SHOWN, size=seen.v.shape[1],
            ),
            values=seen.v[:, :SHOWN].tolist(),
            rows=[str(place + 1) for place in range(len(seen.v))], digits=1, low=-largest,
            high=largest,
        ),
    ]  # fmt: skip


def _values(seen: Stages, guess: Guess) -> list[Figure]:
    largest = seen.v.abs().max().item()
    shares = seen.weights[seen.token]
    times = [
        _("{share} × value {token}", share=numeral(share, ".2f"), token=at + 1).replace(" ", SPACE)
        for at, share in enumerate(shares.tolist())
    ]
    return [
        *_all_values(seen),
        NumberTable(
            title=_("What token {token} gets: each value times its weight, and the sum of all",
                    token=seen.token + 1),
            values=[
                *(shares[:, None] * seen.v[:, :SHOWN]).tolist(),
                seen.out[seen.token, :SHOWN].tolist(),
            ],
            rows=[*times, _("sum")], digits=1, low=-largest, high=largest,
            marked={(len(times), column) for column in range(SHOWN)},
        ),
    ]  # fmt: skip


def _brought(seen: Stages) -> str:
    if seen.out[0].allclose(seen.v[0], atol=1e-6):
        return OWN
    return MEAN if seen.out[0].allclose(seen.v.mean(dim=0), atol=1e-6) else ZEROS


def _mixed(seen: Stages) -> str:
    if not seen.token:
        return _(
            "The first token gives all its weight, {own}, to itself, and all others get 0. So the "
            "sum is its own value. Move the token: a later one gets a mixture.",
            own=numeral(seen.weights[0, 0].item(), ".2f"),
        )
    return _(
        "Token {token} gets a mixture of {count} values. Its largest weight, {share}, is that of "
        "value {best}.",
        token=seen.token + 1, count=seen.token + 1, best=int(seen.weights[seen.token].argmax()) + 1,
        share=numeral(seen.weights[seen.token].max().item(), ".2f"),
    )  # fmt: skip


VALUES = Step(
    name="values",
    title=N_("Weights times values"),
    words=N_(
        "Now the weights are used. Each token has its value, a vector of 16 numbers, and a row of "
        "weights that says how much it takes from whom. What the head brings to a token is the sum "
        "of all values, each first multiplied by its weight. Take the very first token: its row is "
        "marked."
    ),
    question=Choice(
        text=N_("What does the head bring to the first token?"),
        options={
            ZEROS: N_("Nothing: zeros"),
            OWN: N_("The first token's own value"),
            MEAN: N_("The average of all values"),
        },
    ),
    compute=lambda scene: one_head.head_stages(int(scene["token"]) - 1),
    before=_all_values,
    after=_values,
    truth=_brought,
    result=_mixed,
    because=N_(
        "A row of weights adds up to 1. Where only one place is left, it has all the weight. The "
        "result has the length of a value, 16 numbers, however many tokens were looked at."
    ),
    code=lambda scene: one_head.STAGES.filled(),
    names=one_head.STAGES.names,
    knobs=(Slider(name="token", label=N_("Token that looks"), low=1, high=8, start=1),),
)


LESSON = Lesson(
    name="one-head",
    title=N_("One head of attention"),
    goal=N_(
        "Afterwards you can compute what a head does, from query and key to what it brings home, "
        "and say what the mask, the softmax and the root are for."
    ),
    steps=(
        VIEWS, SCORES, VALUES, SCALE, SHARP, SLIPS, LIKENESS, KINDS, CROSS, REVERSED, APART,
    ),
)  # fmt: skip
