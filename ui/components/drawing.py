"""Components of our own: what they are made of, and what they tell.

Their scripts and styles lie beside this module. Texts reach them as data and are put on the page as
text, never as HTML. What a browser tells is checked before it is believed.
"""

import base64
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent
LEGEND = """
<div class="legend"><span class="scale"><span class="from"></span><canvas></canvas>
<span class="to"></span></span><span class="unit"></span>{more}</div>
"""


@cache
def register_component(name: str, html: str) -> ComponentRenderer:
    """The component whose script is NAME.js, registered once.

    Args:
        name: Also the name of its file.
        html: What it begins with; nothing of it comes from a visitor.
    """
    script = (FOLDER / "drawing.js").read_text("utf-8") + (FOLDER / f"{name}.js").read_text("utf-8")
    return st.components.v2.component(
        f"minigpt.{name}",
        html=html,
        css=(FOLDER / "components.css").read_text("utf-8"),
        js=script,
    )


def packed_array(array: np.ndarray[Any, Any]) -> str:
    """An array's bytes as text, a third longer than they are."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def packed_bytes(raw: bytes) -> str:
    """Bytes as text."""
    return base64.b64encode(raw).decode("ascii")


def when_chosen(key: str, sizes: Sequence[int], act: Callable[..., None]) -> Callable[[], None]:
    """A callback that hands on which place was chosen, if it is one.

    Args:
        key: The component's.
        sizes: How many places there are, in each direction.
        act: Called with a number for each direction, counted from 0.
    """

    def told() -> None:
        value = getattr(st.session_state[key], "chosen", None)
        places = value if isinstance(value, list) else [value]
        if len(places) == len(sizes) and all(map(_is_below, places, sizes)):
            act(*places)

    return told


def _is_below(place: object, size: int) -> bool:
    return isinstance(place, int) and not isinstance(place, bool) and 0 <= place < size
