"""Neighbours of a token as bars, beside how alike any two tokens are. Pure."""

from collections.abc import Sequence
from typing import Any

from ui.charts.numerals import in_language
from ui.i18n import _, numeral
from ui.theme import Palette

MONO = "JetBrains Mono, monospace"


@in_language
def neighbours_chart(
    labels: Sequence[str], values: Sequence[float], chance: float, unit: str, colors: Palette
) -> dict[str, Any]:
    """A bar for each neighbour, the nearest on top, beside how alike any two tokens are.

    Args:
        labels: Each different from the others.
        values: How alike each is.
        chance: How alike two tokens are on average.
        unit: What is measured.
        colors: Those of the theme.
    """
    return {
        **_frame(colors),
        "legend": {"show": False},
        "tooltip": {"show": False},
        "xAxis": {**_axis(unit, colors), "nameGap": colors.pixels(26)},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(labels),
            "axisLabel": {**_letters(colors.text, colors), "fontFamily": MONO},
            "axisLine": {"show": False},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "type": "bar",
                "data": [
                    {"value": float(f"{value:.4g}"), "label": {"formatter": numeral(value, "z.2f")}}
                    for value in values
                ],
                "barMaxWidth": colors.pixels(18),
                "itemStyle": {"color": colors.validation_loss},
                "label": {"show": True, "position": "right", **_letters(colors.text, colors)},
                "markLine": _chance(chance, colors),
            }
        ],
    }


def _frame(colors: Palette) -> dict[str, Any]:
    return {
        "animation": False,
        "grid": {
            "left": colors.pixels(22), "right": colors.pixels(48), "top": colors.pixels(34),
            "bottom": colors.pixels(36), "containLabel": True,
        },
    }  # fmt: skip


def _letters(color: str, colors: Palette) -> dict[str, Any]:
    return {"color": color, "fontSize": colors.text_pixels}


def _axis(name: str, colors: Palette) -> dict[str, Any]:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameTextStyle": _letters(colors.reference, colors),
        "axisLabel": _letters(colors.reference, colors),
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }


def _chance(chance: float, colors: Palette) -> dict[str, Any]:
    return {
        "silent": True,
        "symbol": "none",
        "label": {
            "formatter": _("any two: {chance}", chance=numeral(chance, "z.2f")),
            "position": "start",
            **_letters(colors.text, colors),
        },
        "lineStyle": {"color": colors.text, "type": "dashed", "width": 1.2},
        "data": [{"xAxis": float(f"{chance:.4g}")}],
    }
