"""From here to GPT-2: what is larger there, what it costs, and what the mask is for."""

from minigpt.lessons.whole_gpt import gpt2, masked
from minigpt.lessons.whole_gpt.further_reading import LECTURES, PAPERS, Source
from minigpt.lessons.whole_gpt.gpt2 import VOCABULARY, Cost, Parts, Sizes
from minigpt.lessons.whole_gpt.masked import OutputChanges
from minigpt.models.configs import GPTConfig
from minigpt.runs.presets import PRESETS
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, Links, NumberTable, Tokens
from ui.i18n import _, numeral, translated
from ui.screens.learn.lesson import Amount, Choice, Guess, Lesson, Scene, Slider, Step, Stops, Way
from ui.wording import count, scientific

SIZE_NAMES = {size: f"GPT-2 {size}" for size in gpt2.SIZES}
PART_NAMES = {
    "token": N_("the table of tokens"),
    "attention": N_("attention"),
    "feed_forward": N_("the feed-forward parts"),
}
MEGA = 1e6
DAY, MONTH, YEAR = 24 * 60 * 60, 30 * 24 * 60 * 60, 365 * 24 * 60 * 60


def _small() -> GPTConfig:
    model = PRESETS["gpt2-small"].config.model
    assert isinstance(model, GPTConfig)
    return model


def _numbers_of(scene: Scene) -> dict[str, object]:
    config = gpt2.of_size(_small(), str(scene["size"]))
    return {
        "vocabulary": VOCABULARY, "length": config.context_length, "width": config.width,
        "layers": config.num_layers,
    }  # fmt: skip


def _before_parts(seen: Parts) -> list[Figure]:
    small = _small()
    return [
        NumberTable(
            title=_("The smallest GPT-2"),
            rows=[
                _("tokens in the vocabulary"), _("numbers in a vector, the width"), _("blocks"),
                _("places it can look back"),
            ],
            values=[[VOCABULARY], [small.width], [small.num_layers], [small.context_length]],
        )
    ]  # fmt: skip


def _after_parts(seen: Parts, guess: Guess) -> list[Figure]:
    values = [seen.token, seen.position, seen.attention, seen.feed_forward, seen.norms]
    return [
        Bars(
            title=_("Parameters by part"),
            labels=[
                translated(PART_NAMES["token"]), _("the table of positions"),
                translated(PART_NAMES["attention"]), translated(PART_NAMES["feed_forward"]),
                _("norms"),
            ],
            values=[one / MEGA for one in values], unit=_("millions"),
        ),
    ]  # fmt: skip


PARTS = Step(
    name="parts",
    title=N_("Parameters by part"),
    words=N_(
        "GPT-2 is built as the GPTs here can be: a table of tokens, one of positions, blocks of "
        "attention and feed-forward part with their norms, and the table of tokens once more to "
        "score the next one. The smallest has twelve blocks."
    ),
    question=Choice(
        text=N_("Which part of the smallest GPT-2 holds the most parameters?"), options=PART_NAMES
    ),
    compute=lambda scene: gpt2.count_parts(gpt2.of_size(_small(), scene["size"])),
    before=_before_parts,
    after=_after_parts,
    truth=lambda seen: max(PART_NAMES, key=lambda name: getattr(seen, name)),
    result=lambda seen: _(
        "{total} parameters: {token} % in the table of tokens, {attention} % in attention, "
        "{fed} % in the feed-forward parts.",
        total=numeral(seen.total, ",d"), token=_percent(seen.token, seen),
        attention=_percent(seen.attention, seen), fed=_percent(seen.feed_forward, seen),
    ),
    because=N_(
        "In each block the feed-forward part has eight matrices of the size width times width, "
        "attention has four. The table of tokens does not grow with the number of blocks: the "
        "larger the model, the smaller its share. It counts once, as it reads and writes."
    ),
    code=lambda scene: gpt2.PARTS.filled(**_numbers_of(scene)),
    names=gpt2.PARTS.names,
    knobs=(Stops(name="size", label=N_("Size"), options=SIZE_NAMES, start="small"),),
    way=Way(page="train", label=N_("Choose GPT-2's preset")),
)  # fmt: skip


def _percent(part: int, seen: Parts) -> str:
    return numeral(100 * part / seen.total, ".0f")


def _shapes(seen: Sizes, *, with_totals: bool) -> Figure:
    rows = [
        [*shape, *([round(total / MEGA)] if with_totals else [])]
        for shape, total in zip(seen.shapes, seen.totals, strict=True)
    ]
    return NumberTable(
        title=_("The four models"), values=rows, rows=list(SIZE_NAMES.values()),
        columns=[
            _("layers"), _("width"), _("heads"),
            *([_("millions of parameters")] if with_totals else []),
        ],
    )  # fmt: skip


SIZES = Step(
    name="sizes",
    title=N_("Four sizes"),
    words=N_(
        "There are four models called GPT-2. They differ in nothing but layers, width and heads. "
        "The largest has four times as many layers as the smallest, and about twice its width."
    ),
    question=Amount(
        text=N_("How many times as many parameters has the largest as the smallest?"),
        low=1, high=30, step=0.5, unit=N_("times"),
    ),
    compute=lambda scene: gpt2.count_sizes(_small()),
    before=lambda seen: [_shapes(seen, with_totals=False)],
    after=lambda seen, guess: [_shapes(seen, with_totals=True)],
    truth=lambda seen: seen.ratio,
    result=lambda seen: _(
        "From {small} to {large} parameters: {ratio} times as many.",
        small=numeral(seen.totals[0], ",d"), large=numeral(seen.totals[-1], ",d"),
        ratio=numeral(seen.ratio, ".1f"),
    ),
    because=N_(
        "Parameters of a block grow with the square of the width, as its matrices have two sides, "
        "and with the number of blocks. The tables grow with the width alone, so the whole grows "
        "less than its blocks do."
    ),
    code=lambda scene: gpt2.FOUR.filled(
        vocabulary=VOCABULARY,
        length=_small().context_length,
        shapes=gpt2.count_sizes(_small()).shapes,
    ),
    names=gpt2.FOUR.names,
)  # fmt: skip

HOURS, MONTHS, YEARS = "hours", "months", "years"
SPEEDS = {
    "11": N_("10¹¹ operations a second: a few processor cores"),
    "13": N_("10¹³: a graphics card of a computer for games"),
    "14": N_("10¹⁴: a large graphics card"),
}


def _speed(scene: Scene) -> float:
    return 10.0 ** int(scene["speed"])


def _before_cost(seen: Cost) -> list[Figure]:
    return [
        NumberTable(
            title=_("What is known"),
            values=[
                [scientific(seen.tokens)], [count(seen.parameters)], [scientific(seen.speed)],
            ],
            rows=[_("tokens"), _("parameters"), _("operations a second")],
        )
    ]  # fmt: skip


def _after_cost(seen: Cost, guess: Guess) -> list[Figure]:
    return [
        NumberTable(
            title=_("What it takes"),
            values=[
                [scientific(seen.tokens)], [scientific(seen.per_token)],
                [scientific(seen.operations)], [scientific(seen.speed)],
                [numeral(seen.seconds / DAY, ",.1f")],
            ],
            rows=[
                _("tokens"), _("operations a token"), _("operations in all"),
                _("operations a second"), _("days"),
            ],
        )
    ]  # fmt: skip


COST = Step(
    name="cost",
    title=N_("Data and cost"),
    words=N_(
        "GPT-2 was trained on forty gigabytes of text, from eight million pages of the web. Take "
        "four bytes to a token, a rule of thumb for English, and let the smallest model read all "
        "of it just once, on a machine that does a hundred billion operations a second without a "
        "break."
    ),
    question=Choice(
        text=N_("How long does that take?"),
        options={HOURS: N_("Hours or days"), MONTHS: N_("Months"), YEARS: N_("Years")},
    ),
    compute=lambda scene: gpt2.reading_cost(gpt2.of_size(_small(), scene["size"]), _speed(scene)),
    before=_before_cost,
    after=_after_cost,
    truth=lambda seen: _how_long(seen.seconds),
    result=lambda seen: _(
        "{operations} operations, which take {days} days at that speed.",
        operations=scientific(seen.operations), days=numeral(seen.seconds / DAY, ",.1f"),
    ),
    because=N_(
        "For each token every parameter of a matrix is multiplied and added once forward, and "
        "twice as much is done on the way back: about six operations for each parameter and token. "
        "Both numbers are large. So such models are trained on many graphics cards at once, and "
        "a model that is done here in minutes is much smaller."
    ),
    code=lambda scene: gpt2.COST.filled(**_numbers_of(scene), speed=_speed(scene)),
    names=gpt2.COST.names,
    knobs=(
        Stops(name="size", label=N_("Size"), options=SIZE_NAMES, start="small"),
        Stops(name="speed", label=N_("Speed"), options=SPEEDS, start="11"),
    ),
)  # fmt: skip


def _how_long(seconds: float) -> str:
    if seconds < MONTH:
        return HOURS
    return MONTHS if seconds < YEAR else YEARS


def _links(title: str, sources: tuple[Source, ...]) -> Figure:
    return Links(
        title=title,
        links=[(one.title, one.link) for one in sources],
        notes=[_note(one) for one in sources],
    )


def _note(source: Source) -> str:
    who, year, about = source.who, source.year, translated(source.about)
    if source.others:
        return _("{who} and others, {year}: {about}", who=who, year=str(year), about=about)
    return _("{who}, {year}: {about}", who=who, year=str(year), about=about)


def _before_masks(seen: OutputChanges) -> list[Figure]:
    labels = [str(place + 1) for place in range(len(seen.masked))]
    return [
        Tokens(
            title=_("The marked token is turned round: each number of its vector changes its sign"),
            tokens=labels, marked={seen.token},
        ),
        Bars(
            title=_("Change of each token's output, with the mask"), labels=labels,
            values=seen.masked.tolist(),
        ),
    ]  # fmt: skip


def _after_masks(seen: OutputChanges, guess: Guess) -> list[Figure]:
    labels = [str(place + 1) for place in range(len(seen.masked))]
    return [
        Bars(
            title=_("Change of each token's output, without the mask"), labels=labels,
            values=seen.unmasked.tolist(),
        ),
        *_before_masks(seen),
        _links(_("To read"), PAPERS),
        _links(_("To watch, and in pictures"), LECTURES),
    ]  # fmt: skip


MASKS = Step(
    name="masks",
    title=N_("With and without the mask"),
    words=N_(
        "Self-attention without a mask and causal self-attention, which GPT-2 uses, differ in one "
        "line. Take a head and a text of eight tokens, and turn the vector of the last token "
        "round."
    ),
    question=Amount(
        text=N_("Without the mask, how many of the eight outputs become others?"), low=0, high=8
    ),
    compute=lambda scene: masked.turn_token(int(scene["token"]) - 1),
    before=_before_masks,
    after=_after_masks,
    truth=lambda seen: seen.everywhere,
    result=lambda seen: _(
        "Token {token} was turned round. Without the mask {everywhere} outputs become others, "
        "with it {onwards}.",
        token=seen.token + 1, everywhere=seen.everywhere, onwards=seen.onwards,
    ),
    because=N_(
        "With the mask no output knows what comes later. So reading a text once gives a guess at "
        "every place that has not seen its answer, and all of them can be learnt from at once; "
        "and what was computed for the past stays right while new tokens are written."
    ),
    code=lambda scene: masked.NOTICED.filled(token=int(scene["token"]) - 1),
    names=masked.NOTICED.names,
    knobs=(Slider(name="token", label=N_("Token that is turned round"), low=1, high=8, start=8),),
    way=Way(page="inside", label=N_("See a whole model, stage by stage")),
)  # fmt: skip

LESSON = Lesson(
    name="gpt-2",
    title=N_("From here to GPT-2"),
    goal=N_(
        "Afterwards you can say what a large model has more of, what it costs to train one, and "
        "where to read on."
    ),
    steps=(PARTS, SIZES, COST, MASKS),
)
