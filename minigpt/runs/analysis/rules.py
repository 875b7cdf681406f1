"""By what rules a run is judged, and how sure they are before they speak.

The thresholds, in nats per token unless said:

- Two losses are *the same* within 0.02, or 1 % of them where that is more. The windows that are
  judged never change, but the weights go on moving: of a model that has stopped learning, the loss
  goes up and down by about so much from one evaluation to the next.
- A run *did not learn* if it lost less than 3 % of where it stood: an untrained model begins within
  that of guessing evenly.
- It *broke* if it ends above its start; if it leapt above its start and won back less than a
  quarter of it (counting characters wins that much); or if it lost half of what it had won. Not if
  the loss on its training part fell meanwhile: then it memorises.
- It *memorises* since its best evaluation, if the validation loss rose by twice what counts as the
  same, in at least two evaluations, while the training loss fell; or if the training loss is less
  than half of the validation loss.
- It is *judged by other text* if the training loss was so much lower before the text was read once:
  nobody knows by heart what he has not read.
- It is *still learning* if its last quarter, from the last evaluation before it on, brought more
  than twice what counts as the same. Of one that was judged at nothing but its start and its end,
  nobody can tell.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from minigpt.runs.analysis.curves import Curve, Number, Point, same_within
from minigpt.runs.analysis.evidence import Evidence, early_gap
from minigpt.sentences import N_, Sentence

LEAST_LEARNT = 0.03
LEAPT, LEAST_RECOVERED, LOST_AGAIN = 1.1, 0.25, 0.5
DERIVED_BROKE = 1.5
"""How far above its start a run ends that broke although it began with trained weights."""
EVALUATIONS_TO_BE_SURE = 2
BY_HEART = 0.5
LAST_PART = 0.25


class Kind(StrEnum):
    """Every verdict there is; the value is the word for programs."""

    NOT_JUDGED = "not_judged"
    LEARNING = "learning"
    DONE = "done"
    FLAT = "did_not_learn"
    BROKEN = "broke"
    MEMORISING = "memorises"
    UNLIKE = "judged_by_other_text"
    WORSE = "worse_than_parent"

    @property
    def is_good(self) -> bool:
        """Whether it deserves a tick."""
        return self in {Kind.LEARNING, Kind.DONE}


@dataclass(frozen=True)
class Finding:
    """What a rule found."""

    kind: Kind
    words: str
    """What happened, a sentence."""
    since: int | None = None
    """The step from which on it is so, where that matters."""


def _not_judged(evidence: Evidence) -> Finding | None:
    if evidence.best is not None or evidence.diverged_at is not None:
        return None
    return Finding(Kind.NOT_JUDGED, N_("It has not been judged yet since it began."))


def _broken(evidence: Evidence) -> Finding | None:
    if (step := evidence.diverged_at) is not None:
        words = Sentence("It broke at step {step:,}: its loss was no longer a number.", step=step)
        return Finding(Kind.BROKEN, words, step)
    if _won_on_training(evidence) > LEAST_RECOVERED:
        return _fallen_apart(evidence)
    return _above_its_start(evidence) or _leapt(evidence) or _fallen_apart(evidence)


def _above_its_start(evidence: Evidence) -> Finding | None:
    start, last, parent = evidence.start[1], evidence.last[1], evidence.parent_best
    far = DERIVED_BROKE * start
    is_sure = not evidence.is_live or len(evidence.validation) > EVALUATIONS_TO_BE_SURE
    above = far if parent is not None or not is_sure else start + same_within(start)
    if last <= above:
        return None
    words = Sentence(
        "It broke: its validation loss rose from {start:.4f} at its start to {last:.4f}.",
        start=start, last=last,
    )  # fmt: skip
    return Finding(Kind.BROKEN, words, int(evidence.start[0]))


def _leapt(evidence: Evidence) -> Finding | None:
    start, last = evidence.start[1], evidence.last[1]
    step, peak = max(evidence.validation[1:], key=lambda point: point[1])
    has_recovered = last <= (1 - LEAST_RECOVERED) * start
    if evidence.parent_best is not None or peak <= LEAPT * start or has_recovered:
        return None
    words = Sentence(
        "It broke: its validation loss leapt from {start:.4f} at its start to {peak:.4f} at step "
        "{step:,}, and came back only to {last:.4f}.",
        peak=peak, step=int(step), start=start, last=last,
    )  # fmt: skip
    return Finding(Kind.BROKEN, words, int(step))


def _fallen_apart(evidence: Evidence) -> Finding | None:
    best = evidence.best
    if best is None or not evidence.training:
        return None
    won, lost = evidence.start[1] - best[1], evidence.last[1] - best[1]
    training = _value_at(evidence.training, best[0])
    is_lost = evidence.training[-1][1] > training + LOST_AGAIN * max(0.0, won)
    if won <= same_within(best[1]) or lost < LOST_AGAIN * won or not is_lost:
        return None
    words = Sentence(
        "It broke after step {step:,}: its validation loss rose from {best:.4f} to {last:.4f}, and "
        "its training loss with it.",
        step=int(best[0]), best=best[1], last=evidence.last[1],
    )  # fmt: skip
    return Finding(Kind.BROKEN, words, int(best[0]))


def _memorising(evidence: Evidence) -> Finding | None:
    best = min(evidence.validation, key=lambda point: point[1])
    if not evidence.training or evidence.best is None:
        return None
    training, last = evidence.training[-1][1], evidence.last[1]
    then, same = _value_at(evidence.training, best[0]), same_within(best[1])
    later = [loss for step, loss in evidence.validation if step > best[0]]
    rose = last - best[1] > 2 * same and all(
        loss > best[1] + same for loss in later[-EVALUATIONS_TO_BE_SURE:]
    )
    if rose and len(later) >= EVALUATIONS_TO_BE_SURE and training < then - same:
        words = Sentence(
            "It memorises since step {step:,}: its validation loss rose from {best:.4f} to "
            "{last:.4f}, while its training loss fell to {training:.4f}.",
            step=int(best[0]), best=best[1], last=last, training=training,
        )  # fmt: skip
        return Finding(Kind.MEMORISING, words, int(best[0]))
    if training < BY_HEART * last and _won_on_training(evidence) > LEAST_RECOVERED:
        words = Sentence(
            "It does far better on what it learns from than on other text: a training loss of "
            "{training:.4f} beside a validation loss of {last:.4f}.",
            training=training, last=last,
        )  # fmt: skip
        is_early = early_gap(evidence) is not None
        return Finding(Kind.UNLIKE if is_early else Kind.MEMORISING, words)
    return None


def _worse(evidence: Evidence) -> Finding | None:
    parent, best = evidence.parent_best, evidence.best
    few = len(evidence.validation) <= EVALUATIONS_TO_BE_SURE
    if parent is None or best is None or (evidence.is_live and few):
        return None
    if best[1] <= parent + same_within(parent):
        return None
    words = Sentence(
        "It got worse than what it began with: {best:.4f} at best, where that had {parent:.4f}.",
        best=best[1], parent=parent,
    )  # fmt: skip
    return Finding(Kind.WORSE, words)


def _flat(evidence: Evidence) -> Finding | None:
    best = evidence.best
    if best is None or evidence.parent_best is not None or not _has_had_time(evidence):
        return None
    start = evidence.start[1]
    if start - best[1] < max(same_within(start), LEAST_LEARNT * start):
        words = Sentence(
            "It did not learn: its validation loss was {start:.4f} at its start and is {last:.4f}.",
            start=start, last=evidence.last[1],
        )  # fmt: skip
        return Finding(Kind.FLAT, words)
    counts = evidence.frequency_loss
    if counts is not None and best[1] > counts - same_within(counts):
        words = Sentence(
            "It learnt at most how often each token occurs: its validation loss is {best:.4f}, and "
            "counting tokens gives {counts:.4f}.",
            best=best[1], counts=counts,
        )  # fmt: skip
        return Finding(Kind.FLAT, words)
    return None


def _learning(evidence: Evidence) -> Finding | None:
    start, last = evidence.start, evidence.last
    if evidence.is_live:
        words = Sentence(
            "It is learning: its validation loss fell from {start:.4f} to {last:.4f}.",
            start=start[1], last=last[1],
        )  # fmt: skip
        return Finding(Kind.LEARNING, words)
    step, before = _before_last_part(evidence)
    if step == start[0] or before - last[1] <= 2 * same_within(last[1]):
        return None
    words = Sentence(
        "It learnt, and was still learning when it ended: its validation loss fell from "
        "{start:.4f} to {last:.4f}, {fall:.2f} of it since step {step:,}.",
        start=start[1], last=last[1], fall=before - last[1], step=int(step),
    )  # fmt: skip
    return Finding(Kind.LEARNING, words)


def _done(evidence: Evidence) -> Finding:
    best = evidence.best or evidence.last
    if (parent := evidence.parent_best) is not None and best[1] > parent - same_within(parent):
        words = Sentence(
            "It did its steps, and is as good as what it began with: {best:.4f} at best, where "
            "that had {parent:.4f}.",
            best=best[1], parent=parent,
        )  # fmt: skip
        return Finding(Kind.DONE, words)
    start, (step, _before) = evidence.start, _before_last_part(evidence)
    if step == start[0]:
        words = Sentence(
            "It learnt: its validation loss fell from {start:.4f} to {best:.4f}. It was judged too "
            "seldom to tell whether it was still learning.",
            start=start[1], best=best[1],
        )  # fmt: skip
    else:
        words = Sentence(
            "It learnt, and has levelled off: its validation loss fell from {start:.4f} to "
            "{best:.4f}; since step {step:,} it hardly fell.",
            start=start[1], best=best[1], step=int(step),
        )  # fmt: skip
    return Finding(Kind.DONE, words)


RULES: tuple[Callable[[Evidence], Finding | None], ...] = (
    _not_judged, _broken, _worse, _memorising, _flat, _learning, _done,
)  # fmt: skip
"""The gravest first; the last one always finds something."""


def _has_had_time(evidence: Evidence) -> bool:
    """Whether it can be told by now that it does not learn; a warm-up learns little."""
    if not evidence.is_live:
        return True
    enough = LAST_PART * evidence.planned_steps
    return len(evidence.validation) > EVALUATIONS_TO_BE_SURE and evidence.last[0] >= enough


def _won_on_training(evidence: Evidence) -> float:
    """The share of its first training loss that is gone by now; 0 if nothing is known of it."""
    curve = evidence.training
    return 1 - curve[-1][1] / curve[0][1] if len(curve) > 1 and curve[0][1] > 0 else 0.0


def _before_last_part(evidence: Evidence) -> Point:
    """The last point before the last quarter of what was judged, else the first one."""
    first, last = evidence.start[0], evidence.last[0]
    return _point_at(evidence.validation, last - LAST_PART * (last - first))


def _value_at(curve: Curve, step: Number) -> Number:
    return _point_at(curve, step)[1]


def _point_at(curve: Curve, step: Number) -> Point:
    """The last point up to a step, else the first one."""
    return next((point for point in reversed(curve) if point[0] <= step), curve[0])
