"""Three texts at one click, so that a visitor sees what read, half new and new look like."""

import streamlit as st

from minigpt.corpora.examples import Contrast
from ui.components.model_picker import ChosenModel
from ui.i18n import _
from ui.session import url
from ui.wording import count


def offer_examples(chosen: ChosenModel, known: Contrast | None, text: str) -> None:
    """A button for each of the three; and which of them is shown, if it is one."""
    if known is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("What it looks like:"), width="content")
        for name, label, passage in (
            ("read", _("A passage of its training text"), known.read),
            ("half", _("Half of that, half new"), known.half),
            ("kept", _("A passage kept from training"), known.kept),
        ):
            st.button(label, key=f"example-{name}", on_click=_take, args=(passage,))
    if words := _about(known, text, chosen):
        st.caption(words)


def _take(passage: str) -> None:
    url.write_choices(url.SPOT, **{url.PASSAGE: passage})


def _about(known: Contrast, text: str, chosen: ChosenModel) -> str:
    read_as = chosen.trained.tokenizer.known_form
    if text == read_as(known.read):
        return _("This stands in the training text, word for word.")
    if text == read_as(known.half):
        return _(
            "The first {seam} characters of this stand in the training text; the others are from "
            "what was kept from training.",
            seam=count(known.seam),
        )
    if text == read_as(known.kept):
        return _(
            "This was kept from training: the model never learnt from it. What stands in the "
            "training text all the same is chance, or what its writers say often."
        )
    return ""
