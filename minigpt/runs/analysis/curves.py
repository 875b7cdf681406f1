"""Curves as the screen needs them: thinned while they grow, smoothed, compared. Pure."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeVar

Number = int | float
Point = tuple[Number, Number]
"""Where on the axis, and what was measured there."""
Curve = Sequence[Point]
Bucket = tuple[Point, Point]
"""The lowest and the highest of some neighbouring points."""
Row = TypeVar("Row")


class ThinCurve:
    """A curve that is fed point by point and holds no more of them than a chart can show.

    Neighbouring points share a bucket, of which only the lowest and the highest are kept, so
    every dip and peak stays. Buckets have a power of two of points each and are counted from the
    start: one that is full never changes again, except that two become one when there are too
    many, so the drawn curve does not shimmer as points are appended. Taking in one more costs the
    same however many there are.
    """

    def __init__(self, most: int) -> None:
        self._most_buckets = max(1, most // 2)
        self._size = 1
        self._taken = 0
        self._buckets: list[Bucket] = []
        self._newest: Point | None = None
        self._points: Curve | None = ()

    def add(self, point: Point) -> None:
        """Take in the next point."""
        while self._taken >= self._most_buckets * self._size:
            self._merge_pairs()
        if self._taken % self._size:
            self._buckets[-1] = _merged(self._buckets[-1], (point, point))
        else:
            self._buckets.append((point, point))
        self._taken += 1
        self._newest = point
        self._points = None

    def points(self) -> Curve:
        """What is kept of the curve now, and its newest point."""
        if self._points is None:
            kept = [point for bucket in self._buckets for point in sorted(set(bucket))]
            if self._newest is not None and kept[-1] != self._newest:
                kept.append(self._newest)
            self._points = tuple(kept)
        return self._points

    def _merge_pairs(self) -> None:
        pairs = [self._buckets[start : start + 2] for start in range(0, len(self._buckets), 2)]
        self._buckets = [reduce(_merged, pair) for pair in pairs]
        self._size *= 2


def _merged(one: Bucket, other: Bucket) -> Bucket:
    # The earlier one where both are equal, as min and max of the whole would choose.
    lowest = other[0] if other[0][1] < one[0][1] else one[0]
    highest = other[1] if other[1][1] > one[1][1] else one[1]
    return lowest, highest


def thin_rows(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """Every so many of these, and the last, where there are more than can be kept."""
    if len(rows) <= most:
        return rows
    every = -(-len(rows) // most)
    return [*rows[:-1:every], rows[-1]]


class Smoother:
    """A moving average in which each value weighs `weight` times the one after it.

    Corrected for its start: the first average is the first value, not a mix with zero.
    """

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._sum = 0.0
        self._total = 0.0

    def add(self, value: Number) -> Number:
        """Take in the next value; the average so far."""
        self._sum = self._weight * self._sum + (1 - self._weight) * value
        self._total = self._weight * self._total + (1 - self._weight)
        return self._sum / self._total


def on_axis(curve: Curve, clock: Curve) -> Curve:
    """A curve over steps, drawn over what `clock` says of each step, such as its time.

    Between two steps that the clock knows it is taken to run evenly.
    """
    if not clock:
        return curve
    steps = [step for step, _ in clock]
    return [(_read(clock, steps, step), value) for step, value in curve]


def _read(clock: Curve, steps: Sequence[Number], step: Number) -> Number:
    after = min(bisect_left(steps, step), len(steps) - 1)
    before = max(0, after - 1)
    (start, early), (end, late) = clock[before], clock[after]
    if end <= start or step >= end:
        return late
    return early + (late - early) * max(0.0, step - start) / (end - start)


SAME, SAME_SHARE = 0.02, 0.01


def same_within(loss: Number) -> float:
    """By how many nats per token a loss may differ from this one and still count as the same.

    The windows that are judged never change, but the weights go on moving: of a model that has
    stopped learning, the loss goes up and down by about so much from one evaluation to the next.
    """
    return max(SAME, SAME_SHARE * abs(loss))


def beats(loss: Number, reference: Number) -> bool:
    """Whether a loss is lower than a reference by more than chance."""
    return loss < reference - same_within(reference)


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """The first time that a run did better than a simple guesser."""

    name: str
    """The guesser's."""
    value: Number
    """Its loss, in nats per token."""
    step: int


def crossings(curve: Curve, references: Mapping[str, Number]) -> list[Crossing]:
    """When the validation loss first fell below each reference for certain, earliest first.

    Chance beats nobody: the loss has to be lower by more than `same_within`, and an untrained
    model has not learnt what it may happen to be better at, so step 0 does not count.

    Args:
        curve: the validation loss over steps; its successive lows are enough.
        references: loss of each simple guesser by its name.
    """
    found = []
    for name, value in references.items():
        step = next((step for step, loss in curve if step > 0 and beats(loss, value)), None)
        if step is not None:
            found.append(Crossing(name=name, value=value, step=int(step)))
    return sorted(found, key=lambda one: (one.step, -one.value))
