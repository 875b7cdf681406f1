"""One row of attention as bars over its tokens, beside what all tokens alike would get. Pure."""

from collections.abc import Sequence
from typing import Any

from ui.i18n import _, numeral
from ui.theme import Palette

GLIDE_MILLISECONDS = 400
MONO = "JetBrains Mono, monospace"


def row_chart(labels: Sequence[str], weights: Sequence[float], colors: Palette) -> dict[str, Any]:
    """Bars from 0 to 100 percent; they glide to where another scale moves them.

    Args:
        labels: Of the tokens, each different from the others.
        weights: Of each token, adding up to 1.
        colors: Those of the theme.
    """
    letters = {"color": colors.text, "fontSize": colors.text_pixels}
    return {
        "animationDuration": 0,
        "animationDurationUpdate": GLIDE_MILLISECONDS,
        "legend": {"show": False},
        "grid": {"left": 8, "right": 8, "top": 12, "bottom": 8, "containLabel": True},
        "tooltip": {"trigger": "axis", "valueFormatter": "%.1f"},
        "xAxis": {
            "type": "category",
            "data": list(labels),
            "axisTick": {"show": False},
            "axisLabel": {**letters, "fontFamily": MONO},
        },
        "yAxis": {
            **{"type": "value", "min": 0, "max": 100, "axisLabel": letters},
            "splitLine": {"lineStyle": {"color": colors.faint}},
        },
        "series": [
            {
                "type": "bar",
                "name": _("share of attention (%)"),
                "data": [round(100 * weight, 2) for weight in weights],
                "barMaxWidth": colors.pixels(22),
                "itemStyle": {"color": colors.validation_loss},
                "markLine": _mean_line(100 / len(weights), colors),
            }
        ],
    }


def _mean_line(percent: float, colors: Palette) -> dict[str, Any]:
    return {
        "silent": True,
        "symbol": "none",
        "label": {
            "formatter": _("all alike: {percent} %", percent=numeral(percent, ".1f")),
            "position": "insideStartTop",
            "color": colors.text,
            "fontSize": colors.text_pixels,
        },
        "lineStyle": {"color": colors.reference, "type": "dashed", "width": 1},
        "data": [{"yAxis": percent}],
    }
