"""Tokens on the two axes along which their vectors differ most. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jaxtyping import Float
from numpy import ndarray

from minigpt.sentences import N_
from ui.charts.numerals import in_language
from ui.i18n import _, numeral, translated
from ui.theme import Palette

MONO = "JetBrains Mono, monospace"
GLIDE_MILLISECONDS = 700
SHORT = 2
"""A label of so many characters is drawn where its token lies; a longer one beside a dot."""
TOKENS = "tokens"
"""What the ids of the series begin with of which a token can be chosen."""

Kind = Literal["vowel", "letter", "other"]
KINDS: dict[Kind, str] = {
    "vowel": N_("vowels"),
    "letter": N_("other small letters"),
    "other": N_("other tokens"),
}


@dataclass(frozen=True, kw_only=True)
class Placed:
    """One token of the map."""

    label: str
    x: float
    y: float
    kind: Kind = "other"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What a map is seen through: the same at every step, so that only tokens move."""

    left: float
    right: float
    low: float
    high: float

    @classmethod
    def around(cls, places: Sequence[Float[ndarray, "n 2"]]) -> "Frame":
        """The smallest one, with some room, that holds the places of all steps."""
        (left, low) = (min(float(one[:, axis].min()) for one in places) for axis in (0, 1))
        (right, high) = (max(float(one[:, axis].max()) for one in places) for axis in (0, 1))
        across, up = 0.06 * (right - left or 1.0), 0.08 * (high - low or 1.0)
        ends = (left - across, right + across, low - up, high + up)
        left, right, low, high = (float(f"{one:.3g}") for one in ends)
        return cls(left=left, right=right, low=low, high=high)


@in_language
def token_map_chart(
    tokens: Sequence[Placed],
    frame: Frame,
    shares: tuple[float, float],
    colors: Palette,
    *,
    chosen: int | None,
    near: Sequence[int] = (),
) -> dict[str, Any]:
    """A map of tokens that glide to where another step puts them.

    Args:
        tokens: In an order that stays from step to step.
        frame: The ends of both axes.
        shares: How much of the variance lies along each axis, from 0 to 1.
        colors: Those of the theme.
        chosen: The place of a token in `tokens`, with a ring.
        near: Places of its neighbours, to which lines are drawn.
    """
    kinds = [kind for kind in KINDS if any(one.kind == kind for one in tokens)]
    across = _("first axis: {share} % of the variance", share=_percent(shares[0]))
    up = _("second axis: {share} %", share=_percent(shares[1]))
    return {
        "animationDuration": 0,
        "animationDurationUpdate": GLIDE_MILLISECONDS,
        **_around(kinds, colors, is_long=any(len(one.label) > SHORT for one in tokens)),
        "xAxis": {
            **_axis(across, colors),
            "min": frame.left, "max": frame.right, "nameGap": colors.pixels(26),
        },
        "yAxis": {
            **_axis(up, colors), "min": frame.low, "max": frame.high, "nameGap": colors.pixels(38),
        },
        "series": [
            _lines(tokens, chosen, near, colors),
            *(_tokens(tokens, kind, chosen, colors) for kind in kinds),
        ],
    }  # fmt: skip


def _around(kinds: Sequence[Kind], colors: Palette, *, is_long: bool) -> dict[str, Any]:
    """What stands around the map, and what is said of a token that is pointed at."""
    return {
        "legend": {
            "show": len(kinds) > 1, "top": 0, "left": 0, "icon": "circle",
            "textStyle": {"color": colors.text, "fontSize": colors.text_pixels},
            "data": [
                # Its own colour: the place of a letter has none.
                {"name": translated(KINDS[kind]), "itemStyle": {"color": color_of(kind, colors)}}
                for kind in kinds
            ],
        },
        "grid": {
            "left": colors.pixels(22), "right": colors.pixels(76 if is_long else 16),
            "top": colors.pixels(34), "bottom": colors.pixels(30), "containLabel": True,
        },
        "tooltip": {
            "trigger": "item", "formatter": "{b}", "confine": True,
            "textStyle": {"fontSize": colors.pixels(14)},
        },
    }  # fmt: skip


def order_of(tokens: Sequence[Placed]) -> list[list[int]]:
    """The places of the tokens of each series that can be chosen from, in the order drawn."""
    found = [[at for at, one in enumerate(tokens) if one.kind == kind] for kind in KINDS]
    return [one for one in found if one]


def color_of(kind: Kind, colors: Palette) -> str:
    """The accent for vowels; the others are quieter."""
    if kind == "vowel":
        return colors.validation_loss
    return colors.text if kind == "letter" else colors.reference


def _percent(share: float) -> str:
    return numeral(100 * share, ".0f")


def _axis(name: str, colors: Palette) -> dict[str, Any]:
    letters = {"color": colors.reference, "fontSize": colors.text_pixels}
    return {
        "type": "value",
        "name": name,
        "nameLocation": "middle",
        "nameTextStyle": letters,
        # The ends are no round numbers, and their labels would crowd those that are.
        "axisLabel": {**letters, "showMinLabel": False, "showMaxLabel": False},
        "splitLine": {"lineStyle": {"color": colors.faint, "width": 0.6}},
    }


def _tokens(
    tokens: Sequence[Placed], kind: Kind, chosen: int | None, colors: Palette
) -> dict[str, Any]:
    color = color_of(kind, colors)
    shown = [(at, one) for at, one in enumerate(tokens) if one.kind == kind]
    is_short = all(len(one.label) <= SHORT for one in tokens)
    return {
        "type": "scatter",
        "id": f"{TOKENS}-{kind}",
        "name": translated(KINDS[kind]),
        "data": [_token(one, is_chosen=at == chosen, colors=colors) for at, one in shown],
        "symbolSize": colors.pixels(22 if is_short else 7),
        "selectedMode": "single",
        "cursor": "pointer",
        "itemStyle": {
            "color": "rgba(0,0,0,0)" if is_short else color, "borderWidth": 0,
        },
        "label": {
            "show": True, "formatter": "{b}", "fontFamily": MONO,
            "position": "inside" if is_short else "right",
            "color": color, "fontSize": colors.pixels(15 if is_short else 12),
            "fontWeight": "bold" if kind == "vowel" else "normal",
        },
        "labelLayout": {"hideOverlap": not is_short},
        "z": 3,
    }  # fmt: skip


def _token(one: Placed, *, is_chosen: bool, colors: Palette) -> dict[str, Any]:
    ring = {
        "itemStyle": {"borderColor": colors.validation_loss, "borderWidth": colors.pixels(2)}
    }  # fmt: skip
    place = [float(f"{one.x:.5g}"), float(f"{one.y:.5g}")]
    return {"name": one.label, "value": place, **(ring if is_chosen else {})}


def _lines(
    tokens: Sequence[Placed], chosen: int | None, near: Sequence[int], colors: Palette
) -> dict[str, Any]:
    """There and back to each neighbour, in one stroke."""
    stops: list[int] = [] if chosen is None else [chosen, *(x for at in near for x in (at, chosen))]
    return {
        "type": "line",
        "id": "near",
        "name": _("neighbours"),
        "silent": True,
        "showSymbol": False,
        "tooltip": {"show": False},
        "data": [
            [float(f"{tokens[at].x:.5g}"), float(f"{tokens[at].y:.5g}")] for at in stops
        ],
        "lineStyle": {"color": colors.validation_loss, "width": 1, "opacity": 0.55},
        "itemStyle": {"color": colors.validation_loss},
        "z": 2,
    }  # fmt: skip
