"""The ladder, continued: all rungs are trained on one text, in the order of the queue."""

import math
from collections.abc import Mapping

from minigpt.lessons.whole_runs import climb
from minigpt.lessons.whole_runs.climb import REPORTED, Climb
from minigpt.lessons.whole_runs.rungs import rung_sizes
from minigpt.models import LADDER
from minigpt.runs.presets.small_ladder import small_ladder
from minigpt.runs.status import Status
from minigpt.sentences import N_
from ui.charts.drawings import Lines
from ui.charts.figures import Figure, NumberTable
from ui.charts.ranks import Ranks
from ui.i18n import _, translated
from ui.screens.learn import trainings
from ui.screens.learn.lesson import JOINT, Guess, Order, Scene, Step, Texts, Trainings, Way
from ui.services import runs
from ui.wording import count, loss, model_title

NAMES = {name: rung.title for name, rung in LADDER.items()}
QUESTION = Order(
    text=N_("After a thousand steps each: which guesses best, and in which order come the others?"),
    options=NAMES,
    first=N_("Place 1 has the lowest validation loss."),
)


def _found(scene: Scene) -> Mapping[str, str]:
    """The runs that are there, by rung."""
    found = trainings.find_runs(small_ladder(scene["corpus"])).runs
    return {rung: found[rung].id for rung in LADDER if rung in found}


def _compute(scene: Scene) -> Climb:
    there = {rung: runs.snapshot(run) for rung, run in _found(scene).items()}
    models = {rung: one.model for rung, one in small_ladder(scene["corpus"]).items()}
    counted = rung_sizes(models, runs.corpus(scene["corpus"]).text)
    return Climb(
        rungs=tuple(LADDER),
        parameters=counted.parameters,
        looks_back=tuple(model.context_length for model in models.values()),
        even=math.log(counted.vocabulary),
        curves={
            rung: tuple(run.curves.validation_loss)
            for rung, run in there.items()
            if run.curves.validation_loss
        },
        ended=frozenset(rung for rung, run in there.items() if run.status is Status.FINISHED),
    )


def _places(guess: Guess) -> dict[str, int]:
    return {rung: place for place, rung in enumerate(QUESTION.places(guess), start=1)}


def _so_far(seen: Climb, guess: Guess) -> list[Figure]:
    guessed = _places(guess)
    judged = [rung for rung in seen.rungs if seen.loss(rung) is not None]
    best = sorted(judged, key=lambda rung: seen.curves[rung][-1][1])
    table = NumberTable(
        title=_("Your order beside what is known by now"),
        values=[
            [
                guessed.get(rung, "–"),
                best.index(rung) + 1 if rung in seen.ended else "…",
                loss(seen.loss(rung)),
                int(seen.curves[rung][-1][0]) if rung in judged else "–",
            ]
            for rung in seen.rungs
        ],
        rows=[model_title(rung) for rung in seen.rungs],
        columns=[_("your guess"), _("place so far"), _("validation loss"), _("at step")],
    )
    return [table, *_curves(seen)]


def _curves(seen: Climb) -> list[Figure]:
    drawn = {model_title(rung): seen.curves[rung] for rung in seen.rungs if rung in seen.curves}
    if not drawn:
        return []
    return [
        Lines(
            title=_("Validation loss (nats per token)"),
            curves=drawn,
            across=_("step"),
            levels={_("guessing evenly"): seen.even},
        ),
    ]


def _after(seen: Climb, guess: Guess) -> list[Figure]:
    return [
        Ranks(
            title=translated(QUESTION.text),
            names={rung: model_title(rung) for rung in seen.rungs},
            guess=QUESTION.places(guess),
            truth=seen.order,
            numbers={rung: loss(seen.loss(rung)) for rung in seen.rungs},
        ),
        *_curves(seen),
        NumberTable(
            title=_(
                "Validation loss here, and as a write-up of such a ladder reports it on tiny "
                "Shakespeare, at step {step}, with other sizes and a far larger GPT",
                step=count(max(one.step for one in REPORTED.values())),
            ),
            values=[
                [
                    loss(seen.loss(rung)),
                    loss(REPORTED[rung].validation) if rung in REPORTED else "–",
                ]
                for rung in seen.rungs
            ],
            rows=[model_title(rung) for rung in seen.rungs],
            columns=[_("here"), _("reported")],
        ),
    ]


def _result(seen: Climb) -> str:
    best, *_others, worst = seen.order
    return _(
        "Best is {best} with a validation loss of {low}, last comes {worst} with {high}.",
        best=model_title(best), low=loss(seen.loss(best)),
        worst=model_title(worst), high=loss(seen.loss(worst)),
    )  # fmt: skip


CLIMB = Step(
    name="climb",
    title=N_("All rungs, trained"),
    words=N_(
        "Now all six are trained for real, in the order of the queue, as runs that the page Runs "
        "shows: a thousand steps each, equally many tokens, the same learning rate. The first "
        "five look back eight characters at most, the GPT looks back thirty-two. Each is judged by "
        "the tenth of the text that it never reads."
    ),
    question=QUESTION,
    compute=_compute,
    before=lambda seen: [
        NumberTable(
            title=_(
                "What is trained; all begin near {even}, the loss of guessing evenly",
                even=loss(seen.even),
            ),
            values=[
                [count(parameters), length]
                for parameters, length in zip(seen.parameters, seen.looks_back, strict=True)
            ],
            rows=[model_title(rung) for rung in seen.rungs],
            columns=[_("parameters"), _("characters shown at a time")],
        )
    ],
    after=_after,
    truth=lambda seen: JOINT.join(seen.order),
    result=_result,
    because=N_(
        "Each rung can use what the one before it could not: from one character to all of the "
        "past, then which of them came last, then several of them at once, then work on what was "
        "found, then more of the past. Only the second is no step up: it gathers more and loses "
        "the order. Where an order came out that this does not explain, look at the curves: a "
        "thousand steps may be too few for a large model, and a short text too little."
    ),
    code=lambda scene: climb.CLIMB.filled(runs=dict(_found(scene))),
    names=climb.CLIMB.names,
    knobs=(Texts(),),
    way=Way(page="runs", label=N_("See these runs among all others")),
    trainings=Trainings(
        configs=lambda scene: small_ladder(scene["corpus"]),
        names=NAMES,
        is_done=lambda seen: seen.is_complete,
        so_far=_so_far,
    ),
)
