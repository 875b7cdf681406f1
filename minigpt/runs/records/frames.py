"""What every head looked at in one text at one step: a line of frames.jsonl."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from minigpt.json_values import JsonObject, count
from minigpt.runs.records.base import Record
from minigpt.runs.records.rows import MOST_HEADS, MOST_LAYERS

FULL = 255
"""The number of a weight of 1: weights are kept to 1/255."""
LONGEST_PROBE = 128
"""Tokens of a text that frames are read of."""
MOST_CELLS_BYTES = 500_000
"""Of a frame that is read; what is written stays far below."""
LARGEST_ID = 10_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameRow(Record):
    """The weights of all heads on one text, at one step.

    Every line says which text it is of, so that each can be read by itself, and a file that goes
    on after another one's beginning (a fork's) is understood.
    """

    step: int
    layers: int
    heads: int
    """In each layer."""
    ids: tuple[int, ...]
    """The text, as token ids."""
    cells: bytes
    """A byte for each weight, `FULL` times as large and rounded: head by head, of each the lower
    triangle row by row."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "FrameRow | None":
        """What a line says; None where a part is missing or they do not fit each other."""
        step, layers, heads = (count(values, name) for name in ("step", "layers", "heads"))
        ids = _ids(values.get("ids"))
        if step is None or not layers or not heads or not ids:
            return None
        size = layers * heads * triangle(len(ids))
        if layers > MOST_LAYERS or heads > MOST_HEADS or size > MOST_CELLS_BYTES:
            return None
        cells = _bytes(values.get("cells"), size)
        if cells is None:
            return None
        return cls(step=step, layers=layers, heads=heads, ids=ids, cells=cells)

    def to_json(self) -> dict[str, Any]:
        """As a line; the cells in base64, which JSON can carry."""
        return {
            "step": self.step,
            "layers": self.layers,
            "heads": self.heads,
            "ids": list(self.ids),
            "cells": base64.b64encode(self.cells).decode("ascii"),
        }


def triangle(length: int) -> int:
    """How many cells a lower triangle has, its diagonal among them.

    >>> triangle(3)
    6
    """
    return length * (length + 1) // 2


def _ids(found: object) -> tuple[int, ...]:
    """Token ids; empty where one of them is none, or they are too many."""
    given = found if isinstance(found, list | tuple) and len(found) <= LONGEST_PROBE else []
    ids = [count({"id": one}, "id") for one in given]
    good = tuple(one for one in ids if one is not None and one <= LARGEST_ID)
    return good if len(good) == len(ids) else ()


def _bytes(found: object, size: int) -> bytes | None:
    """Exactly so many bytes out of base64; None where it is anything else."""
    if not isinstance(found, str) or len(found) != -(-size // 3) * 4:
        return None
    try:
        return base64.b64decode(found, validate=True)[:size]
    except (binascii.Error, ValueError):  # the second: a character that is not ASCII
        return None
