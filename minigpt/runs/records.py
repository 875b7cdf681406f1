"""Reading JSON that may be damaged: a value that is missing or of a wrong type counts as absent.

For showing what there is of a run. Settings are read strictly, by `minigpt.validation`.
"""

import math
from collections.abc import Mapping
from typing import Any


def section(values: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object of that name; empty if there is none."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def text(values: Mapping[str, Any], name: str) -> str | None:
    """The text of that name; None if there is none, or it is empty."""
    found = values.get(name)
    return found if isinstance(found, str) and found else None


def number(values: Mapping[str, Any], name: str) -> float | None:
    """The finite number of that name; None if there is none."""
    found = values.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        return float(found) if math.isfinite(found) else None
    except OverflowError:  # a whole number too large for a float
        return None


def whole(values: Mapping[str, Any], name: str) -> int | None:
    """The whole number of that name; None if there is none."""
    found = number(values, name)
    return int(found) if found is not None and found == int(found) else None
