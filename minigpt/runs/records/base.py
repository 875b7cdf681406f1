"""What the records of all files have in common."""

import base64
import binascii
from dataclasses import fields
from typing import Any

from minigpt.json_values import JsonObject, number
from minigpt.runs.records.sentences import parts
from minigpt.sentences import Sentence

LONGEST_WORD = 200
"""Of what is a name to the program: an owner, a rung, a device."""
SLOWEST = 1e-9
"""What is divided by (a speed, a length) is larger than this, or it is none."""


class Record:
    """What all records of a file have in common."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Everything that is known, by name; beside a sentence stand its parts."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}  # type: ignore[arg-type]  # every record is a dataclass
        spoken = {
            f"{name}_parts": parts(value)
            for name, value in values.items()
            if isinstance(value, Sentence)
        }
        return {name: value for name, value in values.items() if value is not None} | spoken


def divisor(values: JsonObject, name: str) -> float | None:
    """The number of that name by which something may be divided; None if there is none."""
    found = number(values, name)
    return found if found is not None and found > SLOWEST else None


def unpack_base64(value: object, *, most: int) -> bytes | None:
    """So many bytes at most out of base64; None where it is anything else."""
    if not isinstance(value, str) or len(value) > -(-most // 3) * 4:
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):  # the second: a character that is not ASCII
        return None
