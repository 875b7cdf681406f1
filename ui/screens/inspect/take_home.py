"""What the page of attention shows, as files: pictures, tables, arrays, a page."""

import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import streamlit as st
from jaxtyping import Float

from minigpt.runs.attention.look_file import write_attention
from minigpt.runs.attention.page_words import ENGLISH_LOOK, LOOK_WORDS, PageWords
from minigpt.wording import plain_cell
from ui.charts.shades import color_scale, shade_numbers
from ui.components.model_picker import ChosenModel
from ui.i18n import _, numeral
from ui.screens.inspect.film import film_of_text
from ui.screens.inspect.film_page import offer_film, page_words
from ui.screens.inspect.overview import AttentionView
from ui.theme import Palette, palette
from ui.wording import glyph

CELL, LABEL = 14, 26
"""Of the drawing: the side of a cell, and the room for labels."""


def show_downloads(view: AttentionView) -> None:
    """A menu of files; the large ones are made when they are asked for."""
    with st.popover(_("Take it home"), icon=":material/download:", type="tertiary"):
        # Copied, so that a button that nobody presses holds no trace; and drawn in the colours of
        # now, because whoever makes the file sees no page.
        weights, tokens, colors = view.weights.copy(), view.tokens, palette()
        csv = partial(weights_csv, weights, tokens)
        svg = partial(map_drawing, weights, tokens, colors, decimal=_decimal())
        _button(_("This head's weights (CSV)"), csv, f"{view.file}.csv", "text/csv")
        _button(_("This head's map (SVG)"), svg, f"{view.file}.svg", "image/svg+xml")
        name, said = f"attention-step{view.chosen.step}", page_words(LOOK_WORDS)
        for label, ending, mime in (
            (_("All heads, a page to look at (HTML)"), ".html", "text/html"),
            (_("All heads, for NumPy (NPZ)"), ".npz", "application/octet-stream"),
            (_("All heads, for any program (JSON)"), ".json", "application/json"),
        ):
            st.download_button(
                label,
                partial(to_file, view.chosen, view.text, ending, said),
                file_name=f"{name}{ending}",
                mime=mime,
                on_click="ignore",
                type="tertiary",
            )
        if film_of_text(view.chosen.run_id):
            offer_film(view.chosen.run_id, key="film-page")
        st.caption(_("The map itself has a button that saves it as PNG, as it is on the screen."))


def _button(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    """A file that is made when it is asked for."""
    st.download_button(label, make, file_name=name, mime=mime, on_click="ignore", type="tertiary")


def to_file(chosen: ChosenModel, text: str, ending: str, said: PageWords = ENGLISH_LOOK) -> bytes:
    """The maps of all heads, as `python -m minigpt attention` writes them."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"attention{ending}")
        write_attention(path, chosen.trained, text, run=chosen.run_id, words=said)
        return path.read_bytes()


def _decimal() -> str:
    """What stands before decimals in this visitor's language."""
    return numeral(0.5, ".1f").strip("05")


def to_csv(view: AttentionView) -> bytes:
    """The weights as a table; rows look, columns are looked at."""
    return weights_csv(view.weights, view.tokens)


def weights_csv(weights: Float[np.ndarray, "queries keys"], tokens: tuple[str, ...]) -> bytes:
    """Numbers under names that stay apart although tokens repeat: their places, as on the page."""
    names = [plain_cell(f"{position} {token!r}") for position, token in enumerate(tokens, start=1)]
    buffer = io.StringIO()
    pd.DataFrame(weights, index=names, columns=names).to_csv(buffer)
    return buffer.getvalue().encode("utf-8")


def to_svg(view: AttentionView) -> bytes:
    """The weights as a drawing, in the colours of the screen."""
    return map_drawing(view.weights, view.tokens, palette(), decimal=_decimal())


def map_drawing(
    weights: Float[np.ndarray, "queries keys"],
    tokens: tuple[str, ...],
    theme: Palette,
    *,
    decimal: str,
) -> bytes:
    """A cell for each weight, its number where one points at it."""
    colors = color_scale(theme.weights)
    side = LABEL + CELL * len(tokens)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'font-family="JetBrains Mono, monospace" font-size="9" fill="{theme.text}">'
    ]
    for place, token in enumerate(tokens):
        at, label = LABEL + CELL * place, escape(glyph(token))
        across = f'x="{at + CELL / 2}" y="{LABEL - 6}" text-anchor="middle"'
        down = f'x="{LABEL - 6}" y="{at + 10}" text-anchor="end"'
        parts += [f"<text {where}>{label}</text>" for where in (across, down)]
    shade = shade_numbers(weights, high=1.0)
    for row, column in zip(*np.tril_indices(len(tokens)), strict=True):
        first = 3 * int(shade[row, column])
        parts.append(
            f'<rect x="{LABEL + CELL * column}" y="{LABEL + CELL * row}" width="{CELL}" '
            f'height="{CELL}" fill="#{colors[first : first + 3].hex()}">'
            f"<title>{f'{weights[row, column]:.4f}'.replace('.', decimal)}</title></rect>"
        )
    return "\n".join([*parts, "</svg>"]).encode("utf-8")
