"""Reading a run's metrics: only what is new each time, and never more than a chart can show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minigpt.runs.directory import parse_line

Point = tuple[int | float, int | float]
"""A step and what was measured there."""


@dataclass
class MetricsTail:
    """Follows one metrics file; a half-written last line waits for its end.

    Not for two threads at once: whoever shares one guards it.
    """

    path: Path
    rows: list[dict[str, Any]] = field(default_factory=list)
    _offset: int = 0

    def refresh(self) -> Sequence[dict[str, Any]]:
        """All rows so far, having read only what was appended since the last call."""
        try:
            with self.path.open("rb") as file:
                if self.path.stat().st_size < self._offset:  # rewritten from the start
                    self.rows, self._offset = [], 0
                file.seek(self._offset)
                new = file.read()
        except OSError:  # not there yet, or no longer
            return self.rows
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.decode("utf-8", errors="replace").split("\n")
        self.rows.extend(row for line in lines if (row := parse_line(line)))
        return self.rows


def downsample(points: Sequence[Point], most: int) -> list[Point]:
    """At most `most` points, and the newest, that keep every dip and peak.

    Buckets have a power of two of points each and are counted from the start, so a bucket that
    is full never changes again: the drawn curve does not shimmer as points are appended.
    """
    buckets = max(1, most // 2)
    size = 1
    while len(points) > buckets * size:
        size *= 2
    if size == 1:
        return list(points)
    kept: list[Point] = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        lowest = min(bucket, key=lambda point: point[1])
        highest = max(bucket, key=lambda point: point[1])
        kept.extend(sorted({lowest, highest}))
    if kept[-1] != points[-1]:
        kept.append(points[-1])
    return kept
