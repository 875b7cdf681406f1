"""Components of our own: what they are made of, and what they tell.

Their scripts and styles lie in static/components. Texts reach them as data and are put on the page
as text, never as HTML. What a browser tells is checked before it is believed.
"""

import base64
import json
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parents[2] / "static" / "components"
LOADER = """
const own = document.querySelector('script[src*="static/js/"]').src;
const folder = new URL("../../app/static/components/scripts/", own);
async function read(file) {
  for (let tries = 1; ; tries++) {
    try {
      const cache = tries === 1 ? "force-cache" : "reload";
      const answer = await fetch(new URL(file, folder), { cache });
      if (answer.ok) return await answer.text();
      throw new Error(`${file}: ${answer.status}`);
    } catch (error) {
      if (tries === 5) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500 * tries));
    }
  }
}
const script = (await Promise.all(FILES.map(read))).join("\\n");
const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
const { default: draw } = await import(address);
export default function (given) {
  const end = draw(given);
  given.parentElement.querySelector(".root").dataset.drawn = "";
  return end;
}
"""
"""Fetches a script from where Streamlit's own came from, also behind a proxy, and again where that
fails: what a module could not import, a page never imports again. One that a browser has kept is
right, for another version has another address. Nothing is seen before it is drawn."""
LEGEND = """
<div class="legend"><span class="scale"><span class="from"></span><canvas></canvas>
<span class="to"></span></span><span class="unit"></span>{more}</div>
"""


@cache
def register_component(name: str, html: str) -> ComponentRenderer:
    """The component whose script is NAME.js, registered once.

    Streamlit sends what it is given here with every answer that shows the component, so that is no
    script, but where there is one: the browser fetches that once.

    Args:
        name: Also the name of its files.
        html: What it begins with; nothing of it comes from a visitor.
    """
    styles = [FOLDER / "styles" / f"{style}.css" for style in ("drawing", name)]
    return st.components.v2.component(
        f"minigpt.{name}",
        html=html,
        css="".join(style.read_text("utf-8") for style in styles if style.exists()),
        js=LOADER.replace("FILES", json.dumps([_versioned("drawing"), _versioned(name)])),
    )


def _versioned(name: str) -> str:
    # Another version has another address, so none that a browser kept is taken for it.
    path = FOLDER / "scripts" / f"{name}.js"
    return f"{path.name}?{sha256(path.read_bytes()).hexdigest()[:12]}"


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
        # One that is gone from the page by the time its click arrives has said nothing.
        value = getattr(st.session_state.get(key), "chosen", None)
        places = value if isinstance(value, list) else [value]
        if len(places) == len(sizes) and all(map(_is_below, places, sizes)):
            act(*places)

    return told


def _is_below(place: object, size: int) -> bool:
    return isinstance(place, int) and not isinstance(place, bool) and 0 <= place < size
