"""What a worker writes line by line: metrics, samples, what its heads look at, events."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from minigpt import json_values
from minigpt.files import LARGEST_JSON
from minigpt.json_lines import LinesTail
from minigpt.json_values import JsonObject, amount, count, number
from minigpt.runs.records.base import Record, divisor
from minigpt.runs.records.sentences import sentence

LONGEST_SAMPLE = 100_000
LONGEST_EVENT = 2000
MOST_LAYERS = MOST_HEADS = 256
MOST_HEADS_IN_ALL = 2048
"""That shares are read of; of a model with more nothing is: each is a line of a chart, and of tens
of thousands a page is not drawn within a minute. GPT-2's largest has 1,200."""

HeadShareTable = tuple[tuple[float, ...], ...]
"""Shares of attention from 0 to 1, by layer and head."""
MEGABYTE = 2**20
LARGEST_TOKENIZER = 32 * MEGABYTE
LARGEST_NEURONS = 8 * MEGABYTE


@dataclass(frozen=True, kw_only=True)
class FileLimits:
    """How much of a file of rows a run may bring with it, and viewers keep."""

    bytes: int
    rows: int


LIMITS = {
    # Thinned out when it is looked at, so that only reading it costs: about 5 s at most.
    "metrics": FileLimits(bytes=64 * MEGABYTE, rows=300_000),
    # Kept as they are for whoever looks next, of 64 runs at a time.
    "samples": FileLimits(bytes=4 * MEGABYTE, rows=5_000),
    "heads": FileLimits(bytes=MEGABYTE, rows=5_000),
    # Kept for a few runs at a time only. A fork has its parent's as well.
    "frames": FileLimits(bytes=16 * MEGABYTE, rows=1_000),
    "events": FileLimits(bytes=MEGABYTE, rows=5_000),
}
"""By the name of the file. Far above what a training writes: at each of 300 evaluations it adds a
sample of some thousand letters."""


def largest_object(name: str) -> int:
    """The most bytes that are read of a run's JSON file of that name, without its ending."""
    return {"tokenizer": LARGEST_TOKENIZER, "neurons": LARGEST_NEURONS}.get(name, LARGEST_JSON)


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricRow:
    """One logged step."""

    step: int
    train_loss: float | None = None
    """The last batch's; None at step 0, before there was one."""
    training_part_loss: float | None = None
    """On fixed windows of the training part, where both parts were judged. Runs of earlier
    versions have none."""
    validation_loss: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    tokens: int | None = None
    """Seen until then, counting repetitions."""
    seconds: float | None = None
    tokens_per_second: float | None = None
    """Over the last seconds before."""
    memory: int | None = None
    """Bytes."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "MetricRow | None":
        """What a line says; None without a step."""
        if (step := count(values, "step")) is None:
            return None
        return cls(
            step=step,
            train_loss=number(values, "train_loss"),
            training_part_loss=number(values, "training_part_loss"),
            validation_loss=number(values, "validation_loss"),
            learning_rate=number(values, "learning_rate"),
            gradient_norm=amount(values, "gradient_norm"),
            tokens=count(values, "tokens"),
            seconds=amount(values, "seconds"),
            tokens_per_second=divisor(values, "tokens_per_second"),
            memory=count(values, "memory"),
        )

    def to_json(self) -> dict[str, Any]:
        """Every metric by its name; null where it was not measured."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample(Record):
    """Text that a model wrote."""

    step: int
    text: str

    @classmethod
    def from_json(cls, values: JsonObject) -> "Sample | None":
        """What a line says; None without a step or a text."""
        step, written = count(values, "step"), values.get("text")
        if step is None or not isinstance(written, str):
            return None
        return cls(step=step, text=json_values.replace_surrogates(written[:LONGEST_SAMPLE]))


@dataclass(frozen=True, kw_only=True, slots=True)
class HeadRow(Record):
    """Where every head looked at one step, as `minigpt.introspection.heads` measures it."""

    step: int
    previous: HeadShareTable
    """Of its attention, to the token before."""
    copied: HeadShareTable
    """To the token that followed an earlier copy of this one and comes next here too."""
    copied_chance: float
    """What a head that looks at all its past alike would give to that."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "HeadRow | None":
        """What a line says; None where a part is missing or the tables are of different sizes."""
        step, chance = count(values, "step"), amount(values, "copied_chance")
        previous, copied = (_shares(values.get(name)) for name in ("previous", "copied"))
        if step is None or chance is None or not copied or _sizes(previous) != _sizes(copied):
            return None
        return cls(step=step, previous=previous, copied=copied, copied_chance=chance)


def _shares(found: object) -> HeadShareTable:
    """A table of shares, with equally many heads in each layer; empty if it is none."""
    layers = found if isinstance(found, list | tuple) and len(found) <= MOST_LAYERS else []
    # Counted before any is read: a line may hold a hundred thousand of them.
    heads = sum(len(layer) for layer in layers if isinstance(layer, list | tuple))
    if heads > MOST_HEADS_IN_ALL:
        return ()
    table = tuple(_share_row(layer) for layer in layers)
    return table if len(set(_sizes(table))) == 1 and table[0] else ()


def _share_row(found: object) -> tuple[float, ...]:
    heads = found if isinstance(found, list | tuple) and len(found) <= MOST_HEADS else []
    shares = [number({"share": head}, "share") for head in heads]
    good = tuple(share for share in shares if share is not None and 0 <= share <= 1)
    return good if len(good) == len(heads) else ()


def _sizes(table: HeadShareTable) -> list[int]:
    return list(map(len, table))


@dataclass(frozen=True, kw_only=True, slots=True)
class Event(Record):
    """Something that happened to a run."""

    text: str
    at: float | None = None
    step: int | None = None

    @classmethod
    def from_json(cls, values: JsonObject) -> "Event | None":
        """What a line says; None without a text."""
        if (happened := sentence(values, "text", LONGEST_EVENT)) is None:
            return None
        return cls(text=happened, at=amount(values, "at"), step=count(values, "step"))


class Evaluations:
    """The logged steps at which a model was judged, read on as they are written.

    Not for two threads at once. Fast, since the others are many and are not parsed.
    """

    def __init__(self, metrics: Path) -> None:
        self._tail = LinesTail(metrics, without=b'"validation_loss": null')
        self._rows: list[MetricRow] = []

    def read(self) -> list[MetricRow]:
        """All there are by now."""
        for piece in self._tail.pieces():
            if piece.is_restart:
                self._rows = []
            rows = map(MetricRow.from_json, piece.rows)
            self._rows += [row for row in rows if row and row.validation_loss is not None]
        return list(self._rows)


def evaluations(metrics: Path) -> list[MetricRow]:
    """The logged steps at which the model was judged.

    Args:
        metrics: the file of a run's metrics.
    """
    return Evaluations(metrics).read()
