"""The bigram, continued: what many steps of training make of the table."""

from minigpt.lessons import bigram_table
from minigpt.lessons.bigram_table import TrainedTable, UntrainedTable
from minigpt.sentences import N_
from ui.charts.drawings import Cells, Lines
from ui.charts.figures import Bars, Figure, Text
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Slider, Step, Stops, Texts, Typed, Way
from ui.services import runs
from ui.wording import glyph, loss

NATS = N_("nats")
RATES = {"slow": 1e-3, "middle": 1e-2, "fast": 1e-1}
RATE_NAMES = {"slow": N_("one thousandth"), "middle": N_("one hundredth"), "fast": N_("one tenth")}


def table_of(title: str, seen: UntrainedTable | TrainedTable, characters: str) -> Figure:
    """A table of probabilities as shades."""
    return Cells(
        title=title, values=seen.odds.numpy(), rows=characters, columns=characters, high=0.5
    )


def _after_hundred(seen: TrainedTable, guess: Guess) -> list[Figure]:
    return [
        Lines(
            title=_("Loss of each batch (nats per token)"),
            curves={_("loss"): list(enumerate(seen.losses, start=1))},
            across=_("step"),
            levels={_("even guessing"): seen.even},
            guess=guess if isinstance(guess, float) else None,
        ),
        Text(title=_("What it writes now"), text=seen.written),
    ]


HUNDRED = Step(
    name="hundred",
    title=N_("A hundred steps"),
    words=N_(
        "Now in earnest: a hundred steps, each with 32 new windows of a text. The table begins at "
        "random. The learning rate says how far a step moves each score, here by at most about one "
        "thousandth. Most scores lie between -2 and 2."
    ),
    question=Amount(
        text=N_("Where will the loss be after the hundred steps?"),
        low=2,
        high=6,
        step=0.1,
        unit=NATS,
    ),
    compute=lambda scene: bigram_table.train_table(
        runs.corpus(scene["corpus"]).text, int(scene["steps"]), RATES[scene["rate"]]
    ),
    before=lambda seen: [
        Bars(
            title=_("At the beginning"),
            labels=[_("even guessing"), _("the random table, first batch")],
            values=[seen.even, seen.losses[0]],
            digits=4,
            unit=_("nats per token"),
        )
    ],
    after=_after_hundred,
    truth=lambda seen: seen.last,
    result=lambda seen: _(
        "After {steps} steps the loss is about {last}, the mean of the last ten batches; the very "
        "last batch has {batch}.",
        steps=len(seen.losses),
        last=loss(seen.last),
        batch=loss(seen.losses[-1]),
    ),
    because=N_(
        "A step moves each score by about the learning rate at most, and a score has to move by 2 "
        "or 3. At one thousandth that takes thousands of steps. Try a larger rate: the same "
        "hundred steps go much further."
    ),
    code=lambda scene: bigram_table.TRAINED.filled(
        corpus=scene["corpus"], steps=int(scene["steps"]), rate=RATES[scene["rate"]]
    ),
    names=bigram_table.TRAINED.names,
    knobs=(
        Stops(name="rate", label=N_("Learning rate"), options=RATE_NAMES, start="slow"),
        Slider(name="steps", label=N_("Steps"), low=20, high=300, start=100, step=20),
        Texts(),
    ),
    way=Way(page="train", label=N_("Train a bigram model in the app"), query={"preset": "bigram"}),
)
FOLLOWERS = 8
LEARNT_STEPS = 300


def _followers(seen: TrainedTable, letter: str) -> list[Figure]:
    found = seen.followers(letter, FOLLOWERS)
    if not found:
        return []
    return [
        Bars(
            title=_("What follows {letter}, in percent", letter=glyph(letter)),
            labels=[glyph(one) for one, _share in found],
            values=[100 * share for _one, share in found],
            digits=1,
        )
    ]


def _after_learnt(seen: TrainedTable, guess: Guess) -> list[Figure]:
    return [
        *_followers(seen, seen.letter),
        Text(title=_("What the trained table writes"), text=seen.written),
        table_of(
            _(
                "Each row: what it expects after that character; the strongest shade is one half "
                "and more"
            ),
            seen,
            "".join(seen.characters),
        ),
    ]


U, SPACE, E, OTHER = "u", " ", "e", "other"


def _likeliest(seen: TrainedTable) -> str:
    found = seen.followers(seen.letter, 1)
    return found[0][0] if found and found[0][0] in {U, SPACE, E} else OTHER


def _expected(seen: TrainedTable) -> str:
    found = seen.followers(seen.letter, 1)
    if not found:
        return _("The text does not have this character, so the table has no row for it.")
    return _(
        "After {letter} the table expects {next} with a probability of {share} %. By chance each "
        "character would get {chance} %.",
        letter=glyph(seen.letter),
        next=glyph(found[0][0]),
        share=numeral(100 * found[0][1], ".1f"),
        chance=numeral(100 / len(seen.characters), ".1f"),
    )


LEARNT = Step(
    name="learnt",
    title=N_("What the table has learnt"),
    words=N_(
        "A table that has taken three hundred large steps. Each row now says what follows a "
        "character. Look at the row of the letter q."
    ),
    question=Choice(
        text=N_("What does the trained table expect most after a q?"),
        options={
            U: N_("the letter u"),
            E: N_("the letter e"),
            SPACE: N_("a space"),
            OTHER: N_("something else"),
        },
    ),
    compute=lambda scene: bigram_table.train_table(
        runs.corpus(scene["corpus"]).text, LEARNT_STEPS, RATES["fast"], scene["letter"][:1] or "q"
    ),
    before=lambda seen: [
        Bars(
            title=_("Before training every row was random; by chance, in percent"),
            labels=[_("each character")],
            values=[100 / len(seen.characters)],
            digits=1,
        )
    ],
    after=_after_learnt,
    truth=_likeliest,
    result=_expected,
    because=N_(
        "The loss is smallest when each row holds the shares that the text itself has. So the "
        "bigram model ends as a table of counted pairs, and can never do better than that: it "
        "looks at one character, and all that stood before is lost. Everything that follows in "
        "these lessons is about looking further back."
    ),
    code=lambda scene: bigram_table.TRAINED.filled(
        corpus=scene["corpus"], steps=LEARNT_STEPS, rate=RATES["fast"]
    ),
    names=bigram_table.TRAINED.names,
    knobs=(Typed(name="letter", label=N_("Another character"), start="q", longest=1), Texts()),
    way=Way(page="generate", label=N_("Let a trained model write")),
)
