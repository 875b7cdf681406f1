"""Numbers as shades: 256 steps between the colours of a scale, for whoever draws cell by cell."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, UInt8

LAST = 255
DARK_INK, LIGHT_INK, LIGHT_GROUND = "#101214", "#ffffff", 140
"""What is written on a shade, and how light the ground must be for the dark one."""


def color_scale(stops: Sequence[str]) -> bytes:
    """256 colours from the first stop to the last, three bytes each: red, green, blue.

    Args:
        stops: Colours such as "#1D5FA6", evenly spaced along the scale.
    """
    channels = np.array([list(bytes.fromhex(stop.removeprefix("#"))) for stop in stops])
    at, along = np.linspace(0, 1, len(stops)), np.linspace(0, 1, LAST + 1)
    between = [np.interp(along, at, channel) for channel in channels.T]
    return np.stack(between, axis=1).round().astype(np.uint8).tobytes()


def shade_numbers(
    values: Float[np.ndarray, "*cells"], *, low: float = 0.0, high: float
) -> UInt8[np.ndarray, "*cells"]:
    """The number of each value's shade; what lies outside the scale gets its end."""
    share = (np.nan_to_num(values) - low) / (high - low or 1.0)
    found: UInt8[np.ndarray, "*cells"] = (share.clip(0, 1) * LAST).round().astype(np.uint8)
    return found


def cell_colors(share: float, stops: Sequence[str]) -> str:
    """The colours of a cell whose value lies at this share of the scale."""
    place = 3 * round(LAST * min(1.0, max(0.0, share)))
    red, green, blue = color_scale(stops)[place : place + 3]
    # Black or white, whichever is further away in lightness (WCAG's own weights, simplified).
    ink = DARK_INK if 0.299 * red + 0.587 * green + 0.114 * blue > LIGHT_GROUND else LIGHT_INK
    return f"background:rgb({red},{green},{blue});color:{ink}"
