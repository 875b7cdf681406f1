"""What a run's files say of how well it learns: what a verdict rests on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.curves import Curve, Point
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import MetricRow, Settings
from minigpt.runs.records.rows import evaluations
from minigpt.runs.status import Status
from minigpt.runs.store import status_of

DIVERGED = "training.learning_rate"
"""The setting that a worker blames when a loss is no longer a number."""
EARLY_GAP = 0.6
"""Training over validation loss from which on down one of a text's parts is easier."""
BATCHES_IN_ONE = 3
"""Of a run that did not judge its training part: last batches at evaluations, averaged."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The curves of one run at one moment, and what they have to be seen against."""

    validation: Curve
    """Validation loss by step in nats per token, of this run's own evaluations. The first point is
    what it began with: untrained, or as another run left it."""
    training: Curve = ()
    """Loss on the training part at the same steps; empty if nothing is known of it."""
    is_live: bool = False
    """Whether more is to be expected."""
    diverged_at: int | None = None
    """The step at which a loss was no longer a number; None if all were."""
    planned_steps: int = 0
    parent_best: float | None = None
    """The best loss of what it began with, on the same text; None if it began at random."""
    vocabulary_size: int | None = None
    frequency_loss: float | None = None
    """Loss of knowing only how often each token occurs; None if nobody counted."""
    training_tokens: int | None = None
    """Tokens of the training part."""
    tokens_seen: int | None = None
    """Tokens that it has read, counting repetitions."""
    parameters: int | None = None
    config: RunConfig | None = None
    """Its settings; None if they cannot be read."""

    @property
    def start(self) -> Point:
        """What it began with."""
        return self.validation[0]

    @property
    def last(self) -> Point:
        """Its newest evaluation."""
        return self.validation[-1]

    @property
    def best(self) -> Point | None:
        """The best that it reached itself; None before its first evaluation after the start."""
        return min(self.validation[1:], key=lambda point: point[1], default=None)

    @property
    def passes(self) -> float | None:
        """How often it has read its text; None if its length is not known."""
        if not self.training_tokens or self.tokens_seen is None:
            return None
        return self.tokens_seen / self.training_tokens


def early_gap(evidence: Evidence) -> int | None:
    """The first evaluation before the text was read once at which one part was far better.

    None if there was none, or if the length of the text is not known.
    """
    passes = evidence.passes
    if passes is None or not evidence.validation or not evidence.last[0]:
        return None
    validation, last = dict(evidence.validation), evidence.last[0]
    found = (
        step for step, training in evidence.training[1:]
        if passes * step / last < 1 and training < EARLY_GAP * validation.get(step, 0.0)
    )  # fmt: skip
    return next((int(step) for step in found), None)


def gather_evidence(run: RunDirectory, rows: Sequence[MetricRow] | None = None) -> Evidence:
    """Read the evidence of a run; what is damaged counts as absent.

    Args:
        run: The run.
        rows: Its evaluations, for whoever follows them; else they are read.
    """
    settings, state, status = run.settings(), run.state(), status_of(run)
    end = run.exit()
    rows = evaluations(run.metrics) if rows is None else rows
    own = list(_own(settings, rows))
    before = [row.validation_loss or 0.0 for row in rows if row.step <= settings.forked_at]
    is_derived = settings.start != "fresh"
    failed = status is Status.FAILED and end.field == DIVERGED and bool(own)
    return Evidence(
        validation=[(row.step, row.validation_loss or 0.0) for row in own],
        training=list(_training(own)),
        is_live=status.is_live,
        diverged_at=(end.step or state.step or 0) if failed else None,
        planned_steps=state.steps or settings.steps or 0,
        parent_best=min(before) if is_derived and before else None,
        vocabulary_size=state.vocabulary_size,
        frequency_loss=state.frequency_loss,
        training_tokens=state.training_tokens,
        tokens_seen=own[-1].tokens if own else None,
        parameters=state.parameters,
        config=_config(run),
    )


def _own(settings: Settings, rows: Sequence[MetricRow]) -> Iterator[MetricRow]:
    """The evaluations of a run itself, after the one that it began with."""
    earlier = [row for row in rows if row.step <= settings.forked_at]
    yield from earlier[-1:]
    yield from (row for row in rows if row.step > settings.forked_at)


def _training(rows: list[MetricRow]) -> Iterator[Point]:
    if any(row.training_part_loss is not None for row in rows):
        yield from (
            (row.step, row.training_part_loss) for row in rows if row.training_part_loss is not None
        )
        return
    # Older runs have only single batches: the mean of some is less moved by chance.
    known = [(row.step, row.train_loss) for row in rows if row.train_loss is not None]
    for place, (step, _) in enumerate(known):
        near = [loss for _, loss in known[max(0, place + 1 - BATCHES_IN_ONE) : place + 1]]
        yield step, sum(near) / len(near)


def _config(run: RunDirectory) -> RunConfig | None:
    try:
        return run.config()
    except (MiniGPTError, TypeError):  # a damaged file, or one of another version
        return None
