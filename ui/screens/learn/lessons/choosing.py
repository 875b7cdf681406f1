"""Choosing the next token, on the odds of the demo model that has read Shakespeare."""

from typing import Any

from minigpt.lessons import choosing
from minigpt.lessons.choosing import DrawnText, Odds
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, NumberTable, Text, Tokens
from ui.i18n import _, numeral
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Guess,
    Lesson,
    Place,
    Scene,
    Slider,
    Step,
    Way,
)
from ui.screens.learn.lessons.beams import BEAMS, PROMPT, RUN, text_of
from ui.services.models import trained_model
from ui.wording import glyph

PLAIN: dict[str, Any] = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "uniform": 0.5}
WAY = Way(page="generate", label=N_("Write with all of these in the app"), query={"run": RUN})


def _settings(scene: Scene) -> dict[str, Any]:
    found = PLAIN | {name: scene[name] for name in PLAIN if name in scene}
    return found | {"top_k": int(found["top_k"])}


def _compute(scene: Scene) -> Odds:
    trained, settings = trained_model(RUN, None), _settings(scene)
    uniform = float(settings.pop("uniform"))
    sampling = SamplingConfig(**settings)
    return choosing.odds_after(trained.model, trained.tokenizer, text_of(scene), sampling, uniform)


def _code(scene: Scene) -> str:
    return choosing.ODDS.filled(run=RUN, text=text_of(scene), **_settings(scene))


def _plain(seen: Odds) -> list[Figure]:
    return [Text(title=_("The text so far"), text=seen.text), _bars(seen, kept=False)]


def _bars(seen: Odds, *, kept: bool) -> Figure:
    shares = seen.kept if kept else seen.plain
    return Bars(
        title=_("The same letters with what is set below, in percent")
        if kept
        else _("The letters it expects most, in percent"),
        labels=[glyph(seen.vocabulary[place]) for place in seen.likeliest],
        values=[100 * shares[place].item() for place in seen.likeliest],
        digits=1,
        # Both pictures have the same measure, so that lengths can be compared.
        end=100 * max(seen.plain.max().item(), seen.kept.max().item()),
    )


def _both(seen: Odds, guess: Guess) -> list[Figure]:
    return [_bars(seen, kept=False), _bars(seen, kept=True)]


NEWEST, WHOLE, NOTHING = "newest", "whole", "nothing"


def _letters(seen: DrawnText, guess: Guess) -> list[Figure]:
    return [
        Text(title=_("The text so far"), text=seen.prompt),
        Tokens(
            title=_("Each letter that was drawn, over its probability in percent"),
            tokens=seen.letters,
            below=[100 * share for share in seen.shares],
            shares=seen.shares,
        ),
        NumberTable(
            title=_("What is repeated"),
            rows=["1", "2", "3", "4", "5"],
            values=[
                [_("context: the end of the text")],
                [_("predict: odds for each character")],
                [_("sample: draw one of them")],
                [_("append: write it down")],
                [_("again, with the longer text")],
            ],
        ),
    ]


LOOP = Step(
    name="loop",
    title=N_("Writing is repeating"),
    words=N_(
        "A trained model does one thing: it gives odds for what comes next. To write, one of the "
        "characters is drawn by these odds. The model has read scenes of Shakespeare."
    ),
    question=Choice(
        text=N_("One letter has been drawn. What does the model read for the next one?"),
        options={
            NEWEST: N_("Only the new letter"),
            WHOLE: N_("The text with the new letter at its end"),
            NOTHING: N_("Nothing new: it planned the whole word"),
        },
    ),
    compute=lambda scene: choosing.draw_text(
        trained_model(RUN, None).model,
        trained_model(RUN, None).tokenizer,
        text_of(scene),
        int(scene["count"]),
        int(scene["seed"]),
    ),
    before=lambda seen: [Text(title=_("The text so far"), text=seen.prompt)],
    after=_letters,
    truth=lambda seen: WHOLE,
    result=lambda seen: _(
        "{count} letters were drawn: “{letters}”. The least probable of them had {least} %.",
        count=len(seen.letters),
        letters="".join(map(glyph, seen.letters)),
        least=numeral(100 * min(seen.shares), ".1f"),
    ),
    because=N_(
        "There is no plan: each letter comes from the odds after all before it, and then it is "
        "part of what is read. So an odd letter changes all that follows. Such a model has no "
        "mark for an end; it stops when it is stopped."
    ),
    code=lambda scene: choosing.WRITTEN.filled(
        run=RUN, text=text_of(scene), count=int(scene["count"]), seed=int(scene["seed"])
    ),
    names=choosing.WRITTEN.names,
    knobs=(
        Slider(name="count", label=N_("Letters to draw"), low=1, high=30, start=12),
        Slider(name="seed", label=N_("Seed of the die"), low=1, high=99, start=7),
        PROMPT,
    ),
    way=WAY,
)

TEMPERATURE = Step(
    name="temperature",
    title=N_("Temperature"),
    words=N_(
        "Before the softmax all scores are divided by the temperature. Below 1 the odds become "
        "sharper, above 1 more even; at 0 the likeliest letter is always taken. Here are the odds "
        "at temperature 1."
    ),
    question=Amount(
        text=N_("At temperature 2, how many percent will the likeliest letter get?"),
        low=0,
        high=100,
        step=1,
        unit="%",
    ),
    compute=_compute,
    before=_plain,
    after=_both,
    truth=lambda seen: 100 * seen.largest,
    result=lambda seen: _(
        "It gets {after} %; at temperature 1 it has {before} %. By chance each would get "
        "{chance} %.",
        after=numeral(100 * seen.largest, ".1f"),
        before=numeral(100 * seen.plain.max().item(), ".1f"),
        chance=numeral(100 / len(seen.plain), ".1f"),
    ),
    because=N_(
        "Dividing the scores by 2 takes the square root of every probability before they are "
        "scaled to add up to 1 again. Small ones grow the most by that, and there are many of them."
    ),
    code=_code,
    names=choosing.ODDS.names,
    knobs=(
        Slider(name="temperature", label=N_("Temperature"), low=0.1, high=3, start=2.0, step=0.1),
        PROMPT,
    ),
    way=WAY,
)

FILTERS = Step(
    name="filters",
    title=N_("Top-k and top-p"),
    words=N_(
        "Many characters have a tiny chance, and together they are drawn now and then. Top-k keeps "
        "the k likeliest. Top-p keeps the fewest that together reach a probability p. What is kept "
        "is scaled up to add up to 1."
    ),
    question=Amount(
        text=N_("With top-p at nine tenths, how many of the 65 characters can still be drawn?"),
        low=1,
        high=65,
        unit=N_("characters"),
    ),
    compute=_compute,
    before=_plain,
    after=_both,
    truth=lambda seen: seen.left,
    result=lambda seen: _(
        "{left} of {all} can still be drawn.", left=seen.left, all=len(seen.vocabulary)
    ),
    because=N_(
        "Where the model is sure, one or two letters reach nine tenths, and where it is unsure, "
        "many are needed. So top-p leaves much where there is much to choose, while top-k always "
        "leaves the same number."
    ),
    code=_code,
    names=choosing.ODDS.names,
    knobs=(
        Slider(name="top_p", label=N_("Top-p"), low=0.1, high=1, start=0.9, step=0.1),
        Slider(name="top_k", label=N_("Top-k (0 keeps all)"), low=0, high=20, start=0),
        PROMPT,
    ),
    way=WAY,
)


def _stretches(seen: Odds, guess: Guess) -> list[Figure]:
    ends = seen.kept.cumsum(dim=0).tolist()
    shown = sorted({*seen.likeliest, seen.drawn})
    rows: list[list[float | str]] = [
        [ends[place] - seen.kept[place].item(), ends[place]] for place in shown
    ]
    drawn = shown.index(seen.drawn)
    guessed = {(shown.index(int(guess)), 0)} if guess is not None and int(guess) in shown else set()
    return [
        NumberTable(
            title=_("The stretch of each letter on the line from 0 to 1"),
            rows=[glyph(seen.vocabulary[place]) for place in shown],
            columns=[_("from"), _("to")],
            values=rows,
            digits=3,
            marked={(drawn, 0), (drawn, 1)},
            guessed=guessed,
        )
    ]


DIE = Step(
    name="die",
    title=N_("The die"),
    words=N_(
        "Drawing is looking up a number. All characters lie side by side on a line from 0 to 1, in "
        "the order of the vocabulary, each as long as its probability. A random number says where "
        "to look. This time the die shows one half."
    ),
    question=Place(
        text=N_("Which character does one half fall on?"),
        tokens=lambda seen: list(seen.vocabulary),
    ),
    compute=_compute,
    before=_plain,
    after=_stretches,
    truth=lambda seen: seen.drawn,
    result=lambda seen: _(
        "The die shows {number}, and that falls on {letter}, which has a probability of {share} %.",
        number=numeral(seen.uniform, ".2f"),
        letter=glyph(seen.letter),
        share=numeral(100 * seen.kept[seen.drawn].item(), ".1f"),
    ),
    because=N_(
        "Likely characters have long stretches, so most numbers fall on them. The order never "
        "changes, so the same numbers are the same luck under another temperature or another "
        "model: what differs then is not chance."
    ),
    code=_code,
    names=choosing.ODDS.names,
    knobs=(
        Slider(name="uniform", label=N_("What the die shows"), low=0, high=0.99, start=0.5,
               step=0.01),
        PROMPT,
    ),
    way=WAY,
)  # fmt: skip

LESSON = Lesson(
    name="choosing",
    title=N_("Choosing the next token"),
    goal=N_(
        "Afterwards you can say in five steps how a model writes, and what temperature, top-k, "
        "top-p, the die and beams do to it."
    ),
    steps=(LOOP, TEMPERATURE, FILTERS, DIE, BEAMS),
)
