"""Choosing the next token, continued: the likeliest letter each time against beams."""

from minigpt.lessons import choosing
from minigpt.lessons.choosing import Beams
from minigpt.sentences import N_
from ui.charts.figures import Bars, Figure, Text
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Choice, Guess, Scene, Slider, Step, Typed
from ui.services import runs
from ui.services.models import trained_model
from ui.wording import glyph

RUN = runs.DEMO_RUN
PROMPT = Typed(name="text", label=N_("Another beginning"), start="To be, or not to b", longest=40)


def text_of(scene: Scene) -> str:
    """What was typed, as far as the model knows its characters; never empty."""
    unknown = trained_model(RUN, None).tokenizer.unknown_characters(scene["text"])
    known = "".join(one for one in scene["text"] if one not in unknown)
    return known or PROMPT.start


GREEDY, BEAM = "greedy", "beams"


def _found(seen: Beams, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("How probable all eight letters are together, in percent"),
            labels=[
                _("always the likeliest: “{text}”", text="".join(map(glyph, seen.greedy))),
                _("beams: “{text}”", text="".join(map(glyph, seen.beams))),
            ],
            values=[seen.greedy_percent, seen.beams_percent],
            digits=2,
        )
    ]


BEAMS = Step(
    name="beams",
    title=N_("Beams"),
    words=N_(
        "Taking the likeliest letter each time does not give the likeliest text: a good letter may "
        "lead nowhere. Beam search keeps several continuations, extends them all, and goes on with "
        "the most probable ones. Both are to find eight letters."
    ),
    question=Choice(
        text=N_("Whose eight letters will be more probable in all?"),
        options={
            GREEDY: N_("Those of always taking the likeliest"),
            BEAM: N_("Those of four beams, or both find the same"),
        },
    ),
    compute=lambda scene: choosing.compare_beams(
        trained_model(RUN, None).model,
        trained_model(RUN, None).tokenizer,
        text_of(scene),
        int(scene["beams"]),
    ),
    before=lambda seen: [
        Text(title=_("What always taking the likeliest letter gives"), text=seen.greedy)
    ],
    after=_found,
    truth=lambda seen: BEAM if seen.beams_percent >= seen.greedy_percent else GREEDY,
    result=lambda seen: _(
        "Always the likeliest gives a text with {greedy} %, the beams one with {beams} %.",
        greedy=numeral(seen.greedy_percent, ".2f"),
        beams=numeral(seen.beams_percent, ".2f"),
    ),
    because=N_(
        "The probability of a text is the product of those of its letters, so one improbable "
        "letter costs all. Beams look ahead a little. But the most probable text is not the most "
        "lively one: people do not write what is most expected."
    ),
    code=lambda scene: choosing.BEAMS.filled(
        run=RUN, text=text_of(scene), beams=int(scene["beams"])
    ),
    names=choosing.BEAMS.names,
    knobs=(
        Slider(name="beams", label=N_("Beams"), low=1, high=16, start=4),
        Typed(name="text", label=PROMPT.label, start="The king ", longest=40),
    ),
)
