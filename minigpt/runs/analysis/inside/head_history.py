"""How the heads of a run came to look where they look. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from minigpt.runs.analysis.curves import Curve
from minigpt.runs.records import HeadRow
from minigpt.runs.records.rows import HeadShareTable

Watched = Literal["previous", "copied"]
BORN = 0.5
"""A head that gives this share of its attention to what it copies counts as one that copies."""


@dataclass(frozen=True, kw_only=True)
class HeadPlace:
    """Which head of a model, counted from zero."""

    layer: int
    head: int


@dataclass(frozen=True, kw_only=True)
class Birth:
    """Between which two looks heads began to do something."""

    before: int | None
    """The last step at which none did; None where one did at the first look."""
    step: int
    """The first step at which one did."""

    @property
    def low(self) -> int:
        """The earliest step that it can be."""
        return self.step if self.before is None else self.before


def all_heads(rows: Sequence[HeadRow]) -> list[HeadPlace]:
    """Every head of the model, in order."""
    table: HeadShareTable = rows[-1].copied if rows else ()
    return [
        HeadPlace(layer=layer, head=head)
        for layer, heads in enumerate(table)
        for head in range(len(heads))
    ]


def head_curve(rows: Sequence[HeadRow], place: HeadPlace, kind: Watched) -> Curve:
    """One head's share over steps; without looks that know no such head."""
    found = ((row.step, _table(row, kind)) for row in rows)
    return [
        (step, table[place.layer][place.head])
        for step, table in found
        if place.layer < len(table) and place.head < len(table[place.layer])
    ]


def strongest_head(
    rows: Sequence[HeadRow], kind: Watched, *, layers: int | None = None
) -> HeadPlace:
    """The head with the largest share at the last look, among the first `layers` if given.

    Raises:
        ValueError: there is no look, or no such layer.
    """
    table = _table(rows[-1], kind) if rows else ()
    wanted = [one for one in all_heads(rows) if layers is None or one.layer < layers]
    return max(wanted, key=lambda one: table[one.layer][one.head])


def birth(rows: Sequence[HeadRow]) -> Birth | None:
    """When a head first gave `BORN` of its attention to what it copies; None while none has."""
    before: int | None = None
    for row in rows:
        if max(max(heads) for heads in row.copied) >= BORN:
            return Birth(before=before, step=row.step)
        before = row.step
    return None


def _table(row: HeadRow, kind: Watched) -> HeadShareTable:
    return row.previous if kind == "previous" else row.copied
