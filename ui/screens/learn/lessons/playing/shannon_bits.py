"""Steps of Shannon's game: what guesses are worth in bits, counting, learning, and luck."""

import numpy as np
from jaxtyping import Float

from minigpt.lessons.playing import counting, rivals, stretches
from minigpt.lessons.playing.counting import JUDGED, ContextCounts
from minigpt.lessons.playing.rivals import READ, BitsOverTraining, ForetoldLetters, Rival
from minigpt.lessons.playing.stretches import Stretches
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Bars, Figure
from ui.i18n import _, numeral
from ui.screens.learn.lesson import Amount, Choice, Guess, Scene, Slider, Step, Texts, Way
from ui.screens.learn.sharing import shared_numbers
from ui.services import runs
from ui.services.models import kept_steps, trained_model
from ui.wording import count

RUN = "demo-shakespeare"
RANKS_SHOWN, DRAWN = 6, 60
SURPRISE = Way(
    page="generate", label=N_("See the bits of every letter of a text"),
    query={"run": RUN, "mode": "surprise"},
)  # fmt: skip


def demo_steps() -> list[int]:
    """The steps of which the demo run has kept the weights."""
    return kept_steps(RUN)


def _letters(step: int) -> Rival:
    """How the held-out text goes at a step; once for all steps of the lesson that ask for it."""

    def read() -> Rival:
        opened = trained_model(RUN, step)
        return rivals.long_rival(opened.model, opened.tokenizer)

    return shared_numbers("shannon/letters", (("step", step),), read)  # type: ignore[no-any-return]  # any step's numbers


def _foretold(scene: Scene) -> ForetoldLetters:
    step = demo_steps()[-1]
    return rivals.foretell_letters(
        _letters(step), trained_model(RUN, step).tokenizer, int(scene["letters"])
    )


def _shares(seen: ForetoldLetters) -> Figure:
    ranks = range(1, RANKS_SHOWN + 1)
    later = 100 - sum(seen.share(rank) for rank in ranks)
    return Bars(
        title=_("At which guess the model finds a letter, in percent of {letters} letters",
                letters=count(seen.letters)),
        labels=[*(count(rank) for rank in ranks), _("later")],
        values=[*(seen.share(rank) for rank in ranks), later],
        digits=1,
    )  # fmt: skip


def _bounds(seen: ForetoldLetters, guess: Guess) -> list[Figure]:
    return [
        _shares(seen),
        Bars(
            title=_("Bits a letter"),
            labels=[
                _("at least, by its guesses"), _("by its odds"), _("at most, by its guesses"),
                _("even guess"),
            ],
            values=[seen.lower, seen.exact, seen.upper, seen.even],
            guess=None if guess is None else float(guess),
        ),
    ]  # fmt: skip


BITS = Step(
    name="bits",
    title=N_("From guesses to bits"),
    words=N_(
        "A bit is one question answered by yes or no. In nineteen fifty-one Claude Shannon let "
        "people guess letters to learn how many bits English has. Someone who always guesses in "
        "the same way can be sent the numbers of guesses instead of the text, and would find the "
        "text again. So a letter cannot need more bits than such a number. How often each number "
        "occurs gives two bounds; q is the share of a number r of guesses."
    ),
    formula=(
        r"\begin{gathered} \sum_r r\,(q_r - q_{r+1}) \log_2 r \;\le\; \text{bits} \\"
        r"\text{bits} \;\le\; -\sum_r q_r \log_2 q_r \end{gathered}"
    ),
    question=Amount(
        text=N_("How many bits does a letter have at most, by these guesses of the model?"),
        low=0,
        high=6,
        step=0.1,
        unit=N_("bits"),
    ),
    compute=_foretold,
    before=lambda seen: [_shares(seen)],
    after=_bounds,
    truth=lambda seen: seen.upper,
    result=lambda seen: _(
        "At least {low}, at most {high} bits (± {low_error} and ± {high_error}); by its odds the "
        "model pays {exact}. An even guess would cost {even}.",
        low=numeral(seen.lower, ".2f"),
        high=numeral(seen.upper, ".2f"),
        low_error=numeral(seen.both[0].error, ".2f"),
        high_error=numeral(seen.both[1].error, ".2f"),
        exact=numeral(seen.exact, ".2f"),
        even=numeral(seen.even, ".2f"),
    ),
    because=N_(
        "The numbers say less than the odds: a model that is sure and one that is torn may both "
        "be right at the first guess. People have no odds to show, so for them the two bounds are "
        "all there is. For the model both can be had, and its bits lie between them where its "
        "odds are about right. (C. E. Shannon, Prediction and entropy of printed English, Bell "
        "System Technical Journal.)"
    ),
    code=lambda scene: rivals.FORETOLD.filled(
        run=RUN, step=demo_steps()[-1], letters=int(scene["letters"])
    ),
    names=rivals.FORETOLD.names,
    knobs=(Slider(name="letters", label=N_("Letters guessed"), low=20, high=READ, start=READ,
                  step=20),),
    way=SURPRISE,
)  # fmt: skip


def _counted(scene: Scene) -> ContextCounts:
    corpus = runs.corpus(scene["corpus"])
    known = corpus.training_text[: 1000 * int(scene["thousands"])]
    return counting.count_contexts(known, corpus.validation_text[:JUDGED])


def _lengths(seen: ContextCounts, guess: Guess) -> list[Figure]:
    labels = [count(length) for length in range(1, len(seen.bits) + 1)]
    return [
        Bars(
            title=_("Bits a character of new text, by the length of the counted sequences"),
            labels=labels,
            values=seen.bits,
            chosen=None if guess is None else int(guess) - 1,
            lines={_("even guess"): seen.even},
        ),
        Bars(
            title=_("Sequences of the new text that were never counted, in percent"),
            labels=labels,
            values=seen.unseen,
            digits=1,
        ),
    ]


COUNTING = Step(
    name="counting",
    title=N_("Counting as a player"),
    words=N_(
        "The simplest player counts. Sequences of two characters say what follows one; sequences "
        "of three, what follows two; and so on. Where a sequence was never seen, it asks the "
        "shorter one. It may count twenty thousand characters of a text, and then foretells "
        "characters that it did not count."
    ),
    question=Amount(
        text=N_("Sequences of how many characters foretell the new text best?"),
        low=1,
        high=6,
        unit=N_("characters"),
    ),
    compute=_counted,
    before=lambda seen: [
        Bars(
            title=_("Bits a character of new text, if single characters are counted"),
            labels=[_("sequences of 1")],
            values=[seen.bits[0]],
            lines={_("even guess"): seen.even},
        )
    ],
    after=_lengths,
    truth=lambda seen: seen.best,
    result=lambda seen: _(
        "With {characters} characters counted, sequences of {best} are best, with {bits} bits a "
        "character. Of the sequences of {longest} in the new text {unseen} % were never counted.",
        characters=count(seen.characters),
        best=seen.best,
        bits=numeral(min(seen.bits), ".2f"),
        longest=len(seen.bits),
        unseen=numeral(seen.unseen[-1], ".0f"),
    ),
    because=N_(
        "Longer sequences say more, but most of them come only once or never. Count more text, and "
        "the best length grows. Counting never notices that two sequences are alike; a model does, "
        "and so it can use a context of which it has never seen a copy."
    ),
    code=lambda scene: counting.COUNTED.filled(
        corpus=scene["corpus"], characters=1000 * int(scene["thousands"]), judged=JUDGED
    ),
    names=counting.COUNTED.names,
    knobs=(
        Slider(name="thousands", label=N_("Thousand characters counted"), low=1, high=200,
               start=20),
        Texts(),
    ),
    way=Way(page="corpus", label=N_("See what counting reaches on any text")),
)  # fmt: skip


def _course(_scene: Scene) -> BitsOverTraining:
    return rivals.bits_over_training({step: _letters(step) for step in demo_steps()})


HUNDREDTH, TENTH, HALF, LATE = "hundredth", "tenth", "half", "late"


def _when(seen: BitsOverTraining) -> str:
    ends = {HUNDREDTH: 1.0, TENTH: 10.0, HALF: 50.0}
    return next((name for name, end in ends.items() if seen.share <= end), LATE)


LEARNT = Step(
    name="learnt",
    title=N_("Every kept step as a player"),
    words=N_(
        "The model has not always been this good: at step 0 it guessed almost evenly. Its weights "
        "were kept at some steps of its training. Let each of them foretell the same text that "
        "none of them learnt from."
    ),
    question=Choice(
        text=N_("When was half of the way done, in bits a letter?"),
        options={
            HUNDREDTH: N_("Within the first hundredth of the training"),
            TENTH: N_("Within the first tenth"),
            HALF: N_("Within the first half"),
            LATE: N_("After the first half"),
        },
    ),
    compute=_course,
    before=lambda seen: [
        Bars(
            title=_("Bits a letter at the first and the last step"),
            labels=[_("step {step}", step=count(seen.steps[at])) for at in (0, -1)],
            values=[seen.bits[0], seen.bits[-1]],
        )
    ],
    after=lambda seen, guess: [
        Bars(
            title=_("Bits a letter at every kept step"),
            labels=[_("step {step}", step=count(step)) for step in seen.steps],
            values=seen.bits,
            lines={_("half of the way"): seen.middle},
        )
    ],
    truth=_when,
    result=lambda seen: _(
        "From {first} to {last} bits. At step {half} of {steps} it is past the middle for the "
        "first time among the kept steps: {share} % of the training.",
        first=numeral(seen.bits[0], ".2f"),
        last=numeral(seen.bits[-1], ".2f"),
        half=count(seen.half),
        steps=count(seen.steps[-1]),
        share=numeral(seen.share, ".1f"),
    ),
    because=N_(
        "How often each letter occurs, and which follow each other, is soon learnt, and it saves "
        "many bits. Words, and which of them stand together, take the rest of the time and save "
        "fewer. So a loss that hardly falls is not a model that learns nothing."
    ),
    code=lambda scene: rivals.COURSE.filled(run=RUN),
    names=rivals.COURSE.names,
    way=Way(page="run", label=N_("See the whole run"), query={"run": RUN}),
)


def _stretches(scene: Scene) -> Stretches:
    earlier, later = demo_steps()[-2:]
    return stretches.compare_stretches(_letters(earlier), _letters(later), int(scene["letters"]))


def _means(seen: Stretches) -> Figure:
    earlier, later = demo_steps()[-2:]
    return Bars(
        title=_("Bits a letter over {letters} letters", letters=count(READ)),
        labels=[_("step {step}", step=count(step)) for step in (earlier, later)],
        values=[seen.earlier_mean, seen.later_mean],
    )


def _sampled(stretches: Float[np.ndarray, " stretches"]) -> list[tuple[int, float]]:
    """As many as can be told apart, each at its first letter."""
    every = max(1, len(stretches) // DRAWN)
    return [(place, float(stretches[place])) for place in range(0, len(stretches), every)]


def _shifted(seen: Stretches, guess: Guess) -> list[Figure]:
    return [
        _means(seen),
        Lines(
            title=_("Bits a letter in stretches of {length} letters, along the text",
                    length=seen.length),
            curves={
                _("the earlier step"): _sampled(seen.earlier),
                _("the later step"): _sampled(seen.later),
            },
            across=_("first letter of the stretch"),
            digits=1,
            zero=True,
        ),
    ]  # fmt: skip


LUCK = Step(
    name="luck",
    title=N_("How much is luck?"),
    words=N_(
        "Two players: the model at its last step, and at the kept step before. Over a long text "
        "the later one is clearly better. But a game of yours has twenty letters, and some "
        "passages are easier for one than for the other."
    ),
    question=Amount(
        text=N_("In how many of a hundred stretches of twenty letters is the worse one ahead?"),
        low=0,
        high=50,
        unit="%",
    ),
    compute=_stretches,
    before=lambda seen: [_means(seen)],
    after=_shifted,
    truth=lambda seen: seen.wrong,
    result=lambda seen: _(
        "In {wrong} %. Of stretches of {length} letters, nineteen in twenty cost the later one "
        "between {low} and {high} bits a letter.",
        wrong=numeral(seen.wrong, ".1f"),
        length=seen.length,
        low=numeral(seen.range[0], ".1f"),
        high=numeral(seen.range[1], ".1f"),
    ),
    because=N_(
        "A single rare letter may cost more than ten others. Over few letters such accidents "
        "decide; over many they even out, as the root of their number. So say how many letters a "
        "figure comes from, and let both play on the same ones."
    ),
    code=lambda scene: stretches.STRETCHES.filled(
        run=RUN, earlier=demo_steps()[-2], later=demo_steps()[-1], length=int(scene["letters"])
    ),
    names=stretches.STRETCHES.names,
    knobs=(Slider(name="letters", label=N_("Letters in a stretch"), low=5, high=200, start=20,
                  step=5),),
    way=SURPRISE,
)  # fmt: skip
