"""What the neurons of a trained model answer to in its text: neurons.json."""

import base64
from dataclasses import dataclass
from typing import Any

from minigpt.json_values import JsonObject, count, text
from minigpt.runs.records.base import Record, unpack_base64
from minigpt.runs.records.rows import MOST_LAYERS

FLOAT, WHOLE = 4, 4
MOST_NEURONS = 16_384
"""In all layers together."""
MOST_KEPT = 16
MOST_SAMPLED = 65_536
NUMBERS = ("means", "variances", "active", "by_token")
"""Of each neuron one; the last may be missing."""
LONGEST_CHECKSUM = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class NeuronsRecord(Record):
    """Every neuron's strongest places in a sample of the training text, and what it is like there.

    Numbers are packed: little-endian, four bytes each, layer by layer, of each neuron by neuron.
    """

    step: int
    sha256: str
    """Of the weights that were looked at."""
    layers: int
    neurons: int
    """In each layer."""
    kept: int
    """Places of each neuron."""
    length: int
    """Tokens in each window that was read."""
    ids: bytes
    """The tokens of all windows, whole numbers."""
    places: bytes
    """Counted through all windows, whole numbers, the strongest first."""
    strengths: bytes
    means: bytes
    variances: bytes
    active: bytes
    by_token: bytes | None = None

    @classmethod
    def from_json(cls, values: JsonObject) -> "NeuronsRecord | None":
        """What the file says; None where a part is missing or they do not fit each other."""
        named = ("step", "layers", "neurons", "kept", "length")
        sizes = {name: found for name in named if (found := count(values, name)) is not None}
        sha256 = text(values, "sha256", LONGEST_CHECKSUM)
        ids = _packed(values.get("ids"), None)
        if len(sizes) < len(named) or sha256 is None or ids is None or not sizes["length"]:
            return None
        each = sizes["layers"] * sizes["neurons"]
        if (
            not 0 < each <= MOST_NEURONS
            or sizes["layers"] > MOST_LAYERS
            or not 0 < sizes["kept"] <= MOST_KEPT
            or (len(ids) // WHOLE) % sizes["length"]
        ):
            return None
        numbers = {
            **{name: _packed(values.get(name), FLOAT * each) for name in NUMBERS},
            "places": _packed(values.get("places"), WHOLE * each * sizes["kept"]),
            "strengths": _packed(values.get("strengths"), FLOAT * each * sizes["kept"]),
        }
        if any(found is None for name, found in numbers.items() if name != NUMBERS[-1]):
            return None
        return cls(sha256=sha256, ids=ids, **sizes, **numbers)  # type: ignore[arg-type]  # none of them is missing, as was just checked

    def to_json(self) -> dict[str, Any]:
        """As a file; numbers in base64, which JSON can carry."""
        values = Record.to_json(self)
        return {
            name: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
            for name, value in values.items()
        }


def _packed(found: object, size: int | None) -> bytes | None:
    """So many bytes out of base64, or the ids of a sample; None where it is anything else."""
    raw = unpack_base64(found, most=WHOLE * MOST_SAMPLED if size is None else size)
    if raw is None:
        return None
    is_good = len(raw) == size if size is not None else raw and not len(raw) % WHOLE
    return raw if is_good else None
