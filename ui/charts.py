"""From numbers to ECharts specifications. Pure: draws nothing, reads nothing."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ui.theme import Palette

Curve = Sequence[tuple[float, float]]
MONO = "JetBrains Mono, monospace"


def loss_chart(
    train: Curve,
    validation: Curve,
    references: Mapping[str, float],
    colors: Palette,
    *,
    steps: int,
) -> dict[str, Any]:
    """Both losses over steps; horizontal lines say what simpler guessers reach."""
    values = [value for _, value in [*train, *validation]]
    return {
        **_frame(colors),
        "xAxis": {**_axis("step", colors), "min": 0, "max": steps},
        "yAxis": {
            **_axis("loss (nats per token)", colors),
            **_loss_range(values, references),
        },
        "series": [
            {**_line("training", train, colors.training_loss), "lineStyle": {"width": 1.2}},
            {
                **_line("validation", validation, colors.validation_loss),
                "lineStyle": {"width": 2.4},
                "showSymbol": True,
                "symbolSize": 7,
                "z": 3,
                "markLine": _references(references, colors),
            },
        ],
    }


def metric_chart(title: str, curve: Curve, colors: Palette, *, steps: int) -> dict[str, Any]:
    """One metric over steps."""
    return {
        **_frame(colors),
        "legend": {"show": False},
        "xAxis": {**_axis("step", colors), "min": 0, "max": steps},
        "yAxis": {**_axis(title, colors), "scale": True},
        "series": [_line(title, curve, colors.validation_loss)],
    }


def bar_chart(
    labels: Sequence[str], values: Sequence[float], unit: str, colors: Palette, *, digits: int
) -> dict[str, Any]:
    """Labelled horizontal bars, first one on top, each with its value."""
    return {
        **_frame(colors),
        "legend": {"show": False},
        "grid": {"left": 8, "right": 64, "top": 24, "bottom": 40, "containLabel": True},
        "tooltip": {"show": False},
        "xAxis": {**_axis(unit, colors), "nameGap": 26},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(labels),
            "axisLabel": {"color": colors.text, "fontFamily": MONO},
            "axisLine": {"show": False},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "type": "bar",
                "data": [round(value, digits) for value in values],
                "barMaxWidth": 18,
                "itemStyle": {"color": colors.validation_loss},
                "label": {"show": True, "position": "right", "color": colors.text},
            }
        ],
    }


def _frame(colors: Palette) -> dict[str, Any]:
    return {
        # Points glide to new places on their own; a redraw every tick should not animate.
        "animation": False,
        "grid": {"left": 8, "right": 16, "top": 36, "bottom": 36, "containLabel": True},
        "legend": {"top": 0, "left": 0, "textStyle": {"color": colors.text}, "icon": "roundRect"},
        "tooltip": {"trigger": "axis", "order": "valueAsc"},
        "toolbox": {
            "right": 0,
            "itemSize": 13,
            "iconStyle": {"borderColor": colors.reference},
            "feature": {"saveAsImage": {"title": "Save as picture", "name": "minigpt"}},
        },
    }


def _axis(name: str, colors: Palette) -> dict[str, Any]:
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameGap": 28 if name == "step" else 40,
        "nameTextStyle": {"color": colors.reference},
        "axisLabel": {"color": colors.reference},
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }


def _line(name: str, curve: Curve, color: str) -> dict[str, Any]:
    return {
        "type": "line",
        "name": name,
        # Significant digits, not decimals: a learning rate may be far below a thousandth.
        "data": [[step, float(f"{value:.6g}")] for step, value in curve],
        "showSymbol": False,
        "itemStyle": {"color": color},
    }


def _loss_range(values: Sequence[float], references: Mapping[str, float]) -> dict[str, float]:
    """From just under the lowest to just over the untrained model's loss."""
    shown = [*values, *references.values()]
    if not shown:
        return {}
    lowest, highest = min(shown), max(shown)
    margin = 0.05 * (highest - lowest or 1.0)
    # Outwards to a tenth; to the nearest could leave a point outside.
    return {
        "min": math.floor(10 * max(0.0, lowest - margin)) / 10,
        "max": math.ceil(10 * (highest + margin)) / 10,
    }


def _references(references: Mapping[str, float], colors: Palette) -> dict[str, Any]:
    return {
        "symbol": "none",
        "silent": True,
        "lineStyle": {"type": "dashed", "color": colors.reference, "width": 1},
        "label": {
            "position": "insideEndTop",
            "formatter": "{b}",
            "color": colors.reference,
            "fontSize": 11,
        },
        "data": [{"name": name, "yAxis": value} for name, value in references.items()],
    }
