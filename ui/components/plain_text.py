"""A text just as it is, every character of it, with a button that copies it.

`st.code` shows the same, at the price of a highlighter of 1.5 MB that every page then loads, half a
second of the browser's work, though nothing is to be highlighted.
"""

from html import escape
from urllib.parse import quote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.i18n import _

UNSPEAKABLE = str.maketrans({"\r": "", "\0": "\N{SYMBOL FOR NULL}"})
"""What HTML has no way to say, and what is shown instead: as much as a browser shows of it."""


def plain_text(
    text: str, *, place: DeltaGenerator | None = None, tallest: int | None = None
) -> None:
    """Show a text; lines are as long as there is room for.

    Args:
        text: Any text; nothing in it is markup.
        place: What is in it is replaced, without a flicker, so that a text can grow there.
        tallest: In pixels. A text that is taller scrolls, and stays where it was scrolled to when
            another one takes its place.
    """
    draw = st.html if place is None else place.html
    draw(as_html(text, tallest))


def as_html(text: str, tallest: int | None = None) -> str:
    """The text and its button; what they look like says the theme, what it does the frame."""
    # On one line: Streamlit takes away what the lines of HTML have in common at their beginnings.
    words = escape(text.translate(UNSPEAKABLE), quote=False).replace("\n", "&#10;")
    style, kinds, reached = "", ["plain-text"], ""
    if tallest is not None:
        kinds += ["scrolls", f"tallest-{tallest}"]
        place = f"[data-testid=stHtml]:has(> .{kinds[-1]})"
        style = f"<style>{place} {{ max-height: {tallest}px; }}</style>"
        reached = f' tabindex="0" role="group" aria-label="{escape(_("Text"))}"'
    shown = f'<div class="words"{reached}>{words}</div>'
    return f'{style}<div class="{" ".join(kinds)}">{_button(text)}{shown}</div>'


def _button(text: str) -> str:
    name, done, failed = map(escape, (_("Copy"), _("Copied"), _("This browser copies nothing")))
    exact = f' data-text="{quote(text)}"' if text.translate(UNSPEAKABLE) != text else ""
    return (
        f'<div class="corner"><button type="button" title="{name}" aria-label="{name}" '
        f'data-done="{done}" data-failed="{failed}"{exact}></button>'
        '<span role="status"></span></div>'
    )
