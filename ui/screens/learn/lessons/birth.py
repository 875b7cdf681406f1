"""How a head is born: the demo model that learnt to copy, at every kept step of its training."""

from minigpt.lessons import copying
from minigpt.lessons.copying import Birth, CopyingHead
from minigpt.runs.analysis.inside.head_history import head_curve, strongest_head
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure, Tokens
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Choice, Guess, Lesson, Moments, Place, Scene, Step, Typed, Way
from ui.services import runs
from ui.services.models import kept_steps, trained_model
from ui.wording import count, glyph

RUN = "demo-copying"
SEGMENT = "qXfRmd"
LETTERS = Typed(name="letters", label=N_("Other letters, each once"), start=SEGMENT, longest=15)


def _kept() -> list[int]:
    return kept_steps(RUN)


MOMENT = Moments(name="moment", label=N_("The model at step"), steps=_kept)


def _step(scene: Scene) -> int:
    return int(scene["moment"])


def _compute(scene: Scene) -> CopyingHead:
    step = _step(scene)
    model, last = trained_model(RUN, step), trained_model(RUN, _kept()[-1])
    return copying.copying_head(model.model, last.model, last.tokenizer, scene["letters"], step)


def _code(scene: Scene) -> str:
    tokenizer = trained_model(RUN, _kept()[-1]).tokenizer
    return copying.COPYING_HEAD.filled(
        run=RUN,
        segment=copying.segment_of(scene["letters"], tokenizer),
        step=_step(scene),
        last=_kept()[-1],
    )


def _text(seen: CopyingHead) -> list[Figure]:
    return [Tokens(title=_("What the model reads: a line that begins again"), tokens=seen.text)]


def _odds(seen: CopyingHead, guess: Guess) -> list[Figure]:
    return [
        *_text(seen),
        Bars(
            title=_("What the model expects next at step {step}, in percent", step=seen.step),
            labels=[glyph(one) for one in seen.odds],
            values=[100 * share for share in seen.odds.values()],
            digits=1,
        ),
    ]


COPIES, ANY, FREQUENT = "copies", "any", "frequent"

PATTERN = Step(
    name="pattern",
    title=N_("Random letters, twice"),
    words=N_(
        "A small model of two layers has read lines of random letters. In each line the letters "
        "come a second time in the same order. This line was never in its text. It has begun "
        "again, and three letters of the second time are there."
    ),
    question=Choice(
        text=N_("What does the trained model expect next?"),
        options={
            COPIES: N_("The letter that came next the first time"),
            ANY: N_("Any letter, all about equally: they are random"),
            FREQUENT: N_("The letter that is most frequent in its text"),
        },
    ),
    compute=_compute,
    before=_text,
    after=_odds,
    truth=lambda seen: COPIES if next(iter(seen.odds)) == seen.answer else ANY,
    result=lambda seen: _(
        "At step {step} the model gives {share} % to {letter}, which came next the first time.",
        step=count(seen.step),
        share=numeral(100 * seen.expected, ".1f"),
        letter=seen.answer,
    ),
    because=N_(
        "Nothing in the letters themselves foretells the next one. Only a model that looks back, "
        "finds the same letter and sees what followed it, can know. The model has learnt to do "
        "that with letters in an order that it never saw."
    ),
    code=_code,
    names=copying.COPYING_HEAD.names,
    knobs=(MOMENT, LETTERS),
    way=Way(page="generate", label=N_("Let this model write"), query={"run": RUN}),
)


def _look(seen: CopyingHead, guess: Guess) -> list[Figure]:
    guessed = {int(guess)} if isinstance(guess, int | float) else set()
    return [
        Tokens(
            title=_(
                "Where head {layer}.{head} looks from the last letter, in percent",
                layer=seen.layer + 1,
                head=seen.head + 1,
            ),
            tokens=seen.text,
            below=[100 * share for share in seen.row.tolist()],
            shares=seen.row.tolist(),
            marked={seen.target},
            guessed=guessed,
        ),
        Bars(
            title=_("What it gives to the letter that is to be copied, in percent"),
            labels=[_("this head"), _("by chance")],
            values=[100 * seen.share, 100 * seen.chance],
            digits=1,
        ),
    ]


WHERE = Step(
    name="where",
    title=N_("Where it looks"),
    words=N_(
        "One of its heads does the finding. From the last letter it looks back along the line. "
        "Each letter is a token; the line break ↵ comes first."
    ),
    question=Place(
        text=N_("Which letter does that head look at most, from the last one?"),
        tokens=lambda seen: list(seen.text),
    ),
    compute=_compute,
    before=_text,
    after=_look,
    truth=lambda seen: seen.place,
    result=lambda seen: _(
        "At step {step} it gives {share} % to {letter}, the letter after the earlier copy; by "
        "chance it would be {chance} %.",
        step=count(seen.step),
        share=numeral(100 * seen.share, ".1f"),
        letter=seen.answer,
        chance=numeral(100 * seen.chance, ".1f"),
    ),
    because=N_(
        "It does not look at the same letter, but one further: at what came after it. So it can "
        "hand on that letter as the answer. Such a head is called an induction head (Olsson and "
        "others, In-context learning and induction heads)."
    ),
    code=_code,
    names=copying.COPYING_HEAD.names,
    knobs=(MOMENT, LETTERS),
    way=Way(
        page="attention", label=N_("See this head over its whole training"), query={"run": RUN}
    ),
)

EVENLY, SUDDENLY, AT_ONCE = "evenly", "suddenly", "at-once"


def _measured(_scene: Scene) -> Birth:
    run = runs.snapshot(RUN)
    rows = run.history.heads
    curve = head_curve(rows, strongest_head(rows, "copied"), "copied")
    return copying.head_birth(curve, run.curves.validation_loss, rows[-1].copied_chance)


def _loss(seen: Birth) -> Figure:
    return Lines(
        title=_("Validation loss (nats per token)"),
        curves={_("validation loss"): seen.loss},
        across=_("step"),
    )


def _grown(seen: Birth, guess: Guess) -> list[Figure]:
    return [
        Lines(
            title=_("Attention that the head gives to what it can copy, in percent"),
            curves={_("share"): seen.share},
            across=_("step"),
            levels={_("by chance"): seen.chance},
            digits=0,
            zero=True,
        ),
        _loss(seen),
    ]


def _course(seen: Birth) -> str:
    if seen.first_half < 5:
        return AT_ONCE
    tenth = seen.steps / 10
    near = [share for step, share in seen.share if abs(step - seen.half) <= tenth]
    return SUDDENLY if max(near) - min(near) > 40 else EVENLY


WHEN = Step(
    name="when",
    title=N_("When it is born"),
    words=N_(
        "While the model trained, the share of this head's attention on what it can copy was "
        "measured again and again, on lines it did not learn from. At step 0 it looks everywhere "
        "alike. Below is the loss over the training."
    ),
    question=Choice(
        text=N_("How does the head come to copy?"),
        options={
            AT_ONCE: N_("At once, in the first steps"),
            EVENLY: N_("Little by little, over the whole training"),
            SUDDENLY: N_("For long not at all, then within a short time"),
        },
    ),
    compute=_measured,
    before=lambda seen: [_loss(seen)],
    after=_grown,
    truth=_course,
    result=lambda seen: _(
        "Half of its attention lies there at step {half} of {steps} for the first time; at the end "
        "it is {share} %. By chance it would be {chance} %.",
        half=count(seen.half),
        steps=count(seen.steps),
        share=numeral(seen.share[-1][1], ".0f"),
        chance=numeral(seen.chance, ".1f"),
    ),
    because=N_(
        "Looking for a copy helps only once tokens carry what came before them, and carrying that "
        "helps only once somebody looks for it. Until both have begun, neither pays; then each "
        "pulls the other along, and the loss falls."
    ),
    code=lambda scene: copying.BIRTH.filled(run=RUN),
    names=copying.BIRTH.names,
    way=Way(page="run", label=N_("See the whole run"), query={"run": RUN}),
)

STILL, LOST = "still", "lost"


def _silenced(seen: CopyingHead, guess: Guess) -> list[Figure]:
    return [
        Bars(
            title=_("Probability of the letter that is to be copied, in percent"),
            labels=[_("the whole model"), _("without the head that looks one back")],
            values=[100 * seen.expected, 100 * seen.silenced],
            digits=1,
        ),
        Bars(
            title=_("What the copying head gives to the right place, in percent"),
            labels=[
                _("the whole model"), _("without the head that looks one back"), _("by chance"),
            ],
            values=[100 * seen.share, 100 * seen.share_silenced, 100 * seen.chance],
            digits=1,
        ),
    ]  # fmt: skip


TWO = Step(
    name="two",
    title=N_("It takes two"),
    words=N_(
        "The copying head is in the second layer. In the first there is a head that looks one "
        "token back, whatever stands there. Now that one is silenced: what it brings is set to "
        "zero. The copying head itself is left as it is."
    ),
    question=Choice(
        text=N_("Will the copying head still find the place?"),
        options={STILL: N_("Yes, it has learnt where to look"), LOST: N_("No, it is lost")},
    ),
    compute=_compute,
    before=lambda seen: [
        Bars(
            title=_("What the copying head gives to the right place, in percent"),
            labels=[_("the whole model"), _("by chance")],
            values=[100 * seen.share, 100 * seen.chance],
            digits=1,
        )
    ],
    after=_silenced,
    truth=lambda seen: LOST if seen.share_silenced < seen.share / 2 else STILL,
    result=lambda seen: _(
        "Its share of the right place goes from {before} % to {after} %, and the letter that is to "
        "be copied from {expected} % to {silenced} %.",
        before=numeral(100 * seen.share, ".1f"),
        after=numeral(100 * seen.share_silenced, ".1f"),
        expected=numeral(100 * seen.expected, ".1f"),
        silenced=numeral(100 * seen.silenced, ".1f"),
    ),
    because=N_(
        "A letter alone does not know what stood before it. The first head tells each token that; "
        "the second then looks for the token whose neighbour was the letter it stands on. One "
        "layer of plain attention cannot do this. You have shown it by an experiment, and not by "
        "looking at weights alone."
    ),
    code=_code,
    names=copying.COPYING_HEAD.names,
    knobs=(MOMENT, LETTERS),
    way=Way(page="train", label=N_("Grow such a head yourself"), query={"preset": "copying"}),
)

LESSON = Lesson(
    name="birth",
    title=N_("How a head is born"),
    goal=N_(
        "Afterwards you can say what an induction head does, when it comes into being, and how to "
        "show that it needs a second head."
    ),
    steps=(PATTERN, WHERE, WHEN, TWO),
)
