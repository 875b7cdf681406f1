"""The text that is asked about: what the model wrote, an example, or anything that is pasted."""

import numpy as np
import streamlit as st

from minigpt.corpora.examples import Contrast
from minigpt.reading.places import Place
from ui.components.model_picker import ChosenModel
from ui.i18n import _
from ui.screens.generate.asking import LONGEST
from ui.services import runs, texts
from ui.session import url
from ui.session.texts import written_texts
from ui.wording import count


def choose_passage(chosen: ChosenModel) -> str:
    """The box for the text; where nobody pasted one, what the model wrote last."""
    text, origin = _own_text(chosen)
    passage = url.write_lines(
        _("Text to ask about"), name=url.PASSAGE, default=text, longest=LONGEST,
        help=_("Paste anything: a poem, homework, what a model wrote."),
    )  # fmt: skip
    if passage == text and url.in_url(url.PASSAGE) is None:
        st.caption(origin)
    return chosen.trained.tokenizer.known_form(passage)


def _own_text(chosen: ChosenModel) -> tuple[str, str]:
    """What the model wrote last, and where that is from."""
    for written in written_texts():
        # Without the beginning that was given to it, which would count as copied.
        if written.settings.run == chosen.run_id and (text := written.continuation.strip()):
            return text[:LONGEST], _(
                "This is what the model wrote last, without the beginning that it was given: its "
                "first tokens are judged without it. Or paste a text."
            )
    samples = [one for one in runs.snapshot(chosen.run_id).samples if one.step <= chosen.step]
    if samples and (text := samples[-1].text.strip()):
        step = count(samples[-1].step)
        return text[:LONGEST], _(
            "This is what the model wrote at step {step} of its training. Or paste a text.",
            step=step,
        )
    found = texts.example_line(chosen.run_id)
    return (found.line if found else ""), _("This is a line to begin with. Or paste a text.")


def offer_examples(chosen: ChosenModel, known: Contrast | None, text: str) -> None:
    """Three texts at one click: read, half of it read, and new; and which one is shown."""
    if known is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(_("What it looks like:"), width="content")
        for name, label, passage in (
            ("read", _("A passage of its training text"), known.read),
            ("half", _("Half of that, half new"), known.half),
            ("kept", _("A passage kept from training"), known.kept),
        ):
            st.button(label, key=f"example-{name}", on_click=_take_example, args=(passage,))
    if words := _about_example(known, text, chosen):
        st.caption(words)


def _take_example(passage: str) -> None:
    url.write_choices(url.SPOT, **{url.PASSAGE: passage})


def _about_example(known: Contrast, text: str, chosen: ChosenModel) -> str:
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


def tokens_in_spans(placed: list[Place], spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The tokens that stretches of characters lie in, each from the first to the one after."""
    ends = np.array([place.end for place in placed])
    return [
        (
            int(np.searchsorted(ends, start, side="right")),
            int(np.searchsorted(ends, end, side="left")) + 1,
        )
        for start, end in spans
    ]


def choose_token(index: int) -> None:
    """Write into the address which token of the passage is looked at."""
    url.write_choices(**{url.SPOT: index + 1})
