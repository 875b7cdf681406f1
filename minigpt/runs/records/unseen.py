"""A few pieces of the text that a run is judged by, for where that text is not: unseen.json."""

import base64
from dataclasses import dataclass
from typing import Any

from minigpt.json_values import JsonObject, count
from minigpt.runs.records.base import Record, unpack_base64

WHOLE = 4
MOST_TOKENS = 65_536


@dataclass(frozen=True, kw_only=True, slots=True)
class UnseenRecord(Record):
    """Pieces of equal length, in the order of the text, each with the token after it."""

    length: int
    """Tokens in each, with the one after it."""
    ids: bytes
    """The tokens of all pieces, whole numbers: little-endian, four bytes each."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "UnseenRecord | None":
        """What the file says; None where a part is missing or they do not fit each other."""
        length = count(values, "length")
        ids = unpack_base64(values.get("ids"), most=WHOLE * MOST_TOKENS)
        if not length or not ids or len(ids) % (WHOLE * length):
            return None
        return cls(length=length, ids=ids)

    def to_json(self) -> dict[str, Any]:
        """As a file; numbers in base64, which JSON can carry."""
        return {"length": self.length, "ids": base64.b64encode(self.ids).decode("ascii")}
