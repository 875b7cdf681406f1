"""What tells places apart, drawn: as cells, as curves, and how alike places are by distance."""

from collections.abc import Mapping, Sequence

from jaxtyping import Float
from numpy import ndarray

from ui.charts.drawings import Cells, Lines
from ui.i18n import _

CURVES, EVERY = 4, 8
"""How many channels are drawn as curves, and each how manieth place and channel has a label."""


def place_cells(title: str, table: Float[ndarray, "places channels"], high: float) -> Cells:
    """A column for each place, a row for each channel.

    Args:
        title: What a cell is.
        table: A row for each place, as models keep it.
        high: What the strongest shades stand for, above zero and below.
    """
    places, channels = table.shape
    return Cells(
        title=title, values=table.T, rows=_labels(channels), columns=_labels(places),
        low=-high, high=high, every=EVERY,
    )  # fmt: skip


def place_curves(table: Float[ndarray, "places channels"], *, digits: int = 1) -> Lines:
    """A few of these rows as curves over the places."""
    channels = table.shape[1]
    shown = range(0, channels, max(1, -(-channels // CURVES)))
    return Lines(
        title=_("Some of the rows as curves"),
        curves={
            _("row {number}", number=channel + 1): [
                (place + 1, value) for place, value in enumerate(table[:, channel].tolist())
            ]
            for channel in shown
        },
        across=_("place"), digits=digits,
    )  # fmt: skip


def place_likeness(lines: Mapping[str, Sequence[float]]) -> Lines:
    """How alike two places are, by how far they are apart, from 0 on.

    Args:
        lines: The mean cosine at each distance, by what it is of.
    """
    return Lines(
        title=_("How alike two places are, by how far they are apart: mean cosine"),
        curves={name: list(enumerate(values)) for name, values in lines.items()},
        across=_("distance"), digits=2,
    )  # fmt: skip


def _labels(count: int) -> list[str]:
    return [str(at + 1) for at in range(count)]
