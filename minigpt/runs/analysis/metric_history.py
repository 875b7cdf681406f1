"""What a run has written so far, read on from where the last look ended; shared by all viewers."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Generic, TypeVar

from minigpt.json_lines import LinesTail
from minigpt.json_values import JsonObject
from minigpt.runs.analysis.curves import Curve, Point, Smoother, ThinCurve, thin_rows
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Event, HeadRow, MetricRow, Sample
from minigpt.runs.records.rows import LIMITS, FileLimits

MOST_CHART_POINTS = 500
BYTES_OF_A_SHARE = 8
MOST_LOWS = 5_000
"""Far more than a training has evaluations."""
SMOOTHING = {"light": 0.8, "strong": 0.95}
"""How much of the average stays when the next logged step comes."""

Row = TypeVar("Row", bound=Sample | HeadRow | Event)


@dataclass(frozen=True, kw_only=True)
class MetricCurves:
    """What a `MetricRow` says, each number as (step, value), thinned out to what a chart can show.

    Empty where a run says nothing of it.
    """

    train_loss: Curve = ()
    training_part_loss: Curve = ()
    validation_loss: Curve = ()
    learning_rate: Curve = ()
    gradient_norm: Curve = ()
    tokens: Curve = ()
    seconds: Curve = ()
    tokens_per_second: Curve = ()
    memory: Curve = ()


METRICS = tuple(field.name for field in fields(MetricCurves))


@dataclass(frozen=True, kw_only=True)
class MetricHistory:
    """What a run has written, at one moment. Never changed."""

    curves: MetricCurves
    smooth: Mapping[str, Curve]
    """Strength of smoothing to the training loss smoothed with it, thinned out as well."""
    lows: Curve
    """Every validation loss that was lower than all before it."""
    samples: Sequence[Sample]
    heads: Sequence[HeadRow]
    """Where its heads looked; empty where that was not measured."""
    events: Sequence[Event]
    forgotten: int = 0
    """How many samples are only in the file, because newer ones fill what is kept."""


class Curves:
    """Every metric of a run as it grows; a row costs the same however many came before."""

    def __init__(self) -> None:
        self._thin = {name: ThinCurve(MOST_CHART_POINTS) for name in METRICS}
        self._smoothers = {name: Smoother(weight) for name, weight in SMOOTHING.items()}
        self._smooth = {name: ThinCurve(MOST_CHART_POINTS) for name in SMOOTHING}
        self._lows: list[Point] = []

    def add(self, row: MetricRow) -> None:
        """Take in one logged step."""
        step, loss, judged = row.step, row.train_loss, row.validation_loss
        for name, thin in self._thin.items():
            value: float | None = getattr(row, name)
            if value is not None:
                thin.add((step, value))
        if loss is not None:
            for name, smoother in self._smoothers.items():
                self._smooth[name].add((step, smoother.add(loss)))
        if judged is not None and (not self._lows or judged < self._lows[-1][1]):
            self._lows.append((step, judged))
            if len(self._lows) > 2 * MOST_LOWS:
                self._lows = list(thin_rows(self._lows, MOST_LOWS))

    def metrics(self) -> MetricCurves:
        """Each metric, thinned out."""
        return MetricCurves(**{name: thin.points() for name, thin in self._thin.items()})

    def smooth(self) -> dict[str, Curve]:
        """The training loss with each strength of smoothing, thinned out."""
        return {name: thin.points() for name, thin in self._smooth.items()}

    def lows(self) -> Curve:
        """Every validation loss lower than all before it."""
        return tuple(self._lows)


@dataclass
class _Newest(Generic[Row]):
    """The newest rows of a file whose rows are few, and how many were too many."""

    tail: LinesTail
    parse: Callable[[JsonObject], Row | None]
    limits: FileLimits
    size: Callable[[Row], int]
    """About how many bytes a row takes in its file."""
    rows: tuple[Row, ...] = ()
    forgotten: int = 0

    def refresh(self) -> None:
        for piece in self.tail.pieces():
            new = tuple(row for line in piece.rows if (row := self.parse(line)))
            if piece.is_restart:
                self.rows, self.forgotten = (), 0
            self._keep((*self.rows, *new))

    def _keep(self, rows: tuple[Row, ...]) -> None:
        room, first = self.limits.bytes, len(rows)
        while first and len(rows) - first < self.limits.rows:
            room -= self.size(rows[first - 1])
            if room < 0:
                break
            first -= 1
        self.rows, self.forgotten = rows[first:], self.forgotten + first


def _length(row: Sample | Event) -> int:
    return len(row.text)


def _numbers(row: HeadRow) -> int:
    return 2 * BYTES_OF_A_SHARE * sum(map(len, row.previous))


class SharedTail:
    """One reader of one run for all viewers; reads only what was appended since the last time."""

    def __init__(self, run: RunDirectory) -> None:
        self._metrics = LinesTail(run.metrics)
        self._samples = _Newest(
            LinesTail(run.path / "samples.jsonl"), Sample.from_json, LIMITS["samples"], _length
        )
        self._heads = _Newest(
            LinesTail(run.path / "heads.jsonl"), HeadRow.from_json, LIMITS["heads"], _numbers
        )
        self._events = _Newest(
            LinesTail(run.path / "events.jsonl"), Event.from_json, LIMITS["events"], _length
        )
        self._curves = Curves()
        self._lock = threading.Lock()

    def read(self) -> MetricHistory:
        """All there is by now."""
        with self._lock:
            for piece in self._metrics.pieces():
                if piece.is_restart:
                    self._curves = Curves()
                for line in piece.rows:
                    if row := MetricRow.from_json(line):
                        self._curves.add(row)
            self._samples.refresh()
            self._heads.refresh()
            self._events.refresh()
            return MetricHistory(
                curves=self._curves.metrics(),
                smooth=self._curves.smooth(),
                lows=self._curves.lows(),
                samples=self._samples.rows,
                heads=self._heads.rows,
                events=self._events.rows,
                forgotten=self._samples.forgotten,
            )
