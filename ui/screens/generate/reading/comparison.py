"""What the twins show: the surprise of all three models, and what each of them writes."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.reading.influence import Influence
from minigpt.sentences import N_
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.i18n import _, ngettext, numeral, translated
from ui.navigation import page_file
from ui.screens.generate.asking import ask_whether_copied
from ui.screens.generate.write.take_home import as_json, copy_button
from ui.services.reading import (
    LUCK,
    LUCK_TEMPERATURE,
    LUCK_TOKENS,
    beginning_before,
    influence_of,
    same_luck,
)
from ui.session import url
from ui.session.selection import SEPARATOR
from ui.wording import count, glyph

MINUS = "−"
MODELS = (N_("this model"), N_("never read it"), N_("another seed"))
"""The three that are compared, as they stand beside each other."""


def show_comparison(chosen: ChosenModel, ids: tuple[str, str, str], passage: str) -> None:
    """The verdict, the numbers, and the texts under the same luck, of three runs as in `MODELS`."""
    with messages.errors_shown():
        step, found = influence_of(*ids, chosen.step, passage)
    _say_verdict(found, step, asked=chosen.step)
    _show_numbers(found)
    beginning = beginning_before(chosen.run_id, step, passage)
    written = _show_texts(ids, step, beginning)
    st.download_button(
        _("These numbers and texts (JSON)"),
        lambda: as_json(result(ids, step, passage, found, beginning, written)),
        file_name=f"{chosen.run_id}-step-{step}-never-read.json", mime="application/json",
        on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip
    st.page_link(
        page_file("runs"), label=_("Compare the three runs"), icon=":material/arrow_forward:",
        query_params={url.CHOSEN: SEPARATOR.join(ids)},
    )  # fmt: skip


def result(
    ids: Sequence[str], step: int, passage: str, found: Influence, beginning: str,
    written: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """All that is shown, for a program: which runs, how surprised they were, what they wrote."""
    surprises = (found.own, found.without, found.other_seed)
    models = [
        {"model": name, "run": run_id, "bits_per_character": bits, "text": text}
        for name, run_id, bits, text in zip(
            MODELS, ids, surprises, written or [""] * len(MODELS), strict=True
        )
    ]
    return {
        "passage": passage, "step": step, "places": found.places, "effect": found.effect,
        "noise": found.noise, "chance": found.chance, "verdict": str(found.in_words()),
        "beginning": beginning, "seed": LUCK, "temperature": LUCK_TEMPERATURE,
        "tokens": LUCK_TOKENS, "models": models,
    }  # fmt: skip


def _say_verdict(found: Influence, step: int, *, asked: int) -> None:
    with st.container(border=True):
        st.markdown(f"**{messages.escape(translated(found.in_words()))}**")
        st.caption(
            messages.escape(
                _(
                    "Surprise of the passage where it stands, over {places} of its places, all "
                    "three models at step {step}. The other seed reads the same text in other "
                    "batches, so it may have read the passage more or less often.",
                    places=count(found.places),
                    step=count(step),
                )
            )
        )
        if step != asked:
            st.caption(
                _(
                    "No other step that all three kept is nearer to step {asked}.",
                    asked=count(asked),
                )
            )


def _show_numbers(found: Influence) -> None:
    st.caption(
        _(
            "Bits per character of the passage; the fewer, the more the model expected it. Below "
            "them, how many more or fewer those are than this model's."
        )
    )
    differences = ("", *(numeral(one, "+.2f").replace("-", MINUS) for one in _from_own(found)))
    surprises = (found.own, found.without, found.other_seed)
    for column, name, bits, more in zip(st.columns(3), MODELS, surprises, differences, strict=True):
        column.metric(
            translated(name),
            numeral(bits, ".2f"),
            more or None,
            delta_color="off",
            delta_arrow="off",
        )


def _from_own(found: Influence) -> tuple[float, float]:
    return found.effect, found.other_seed - found.own


def _show_texts(ids: Sequence[str], step: int, beginning: str) -> list[str]:
    """What each of the three writes; nothing where the passage has no text before it."""
    st.subheader(_("The same beginning with the same luck"), anchor=False)
    st.caption(
        _(
            "Each continues the text that stands before the passage, and the same random numbers "
            "decide. Where two texts part, the models differ."
        )
    )
    if beginning:
        shown = "".join(one if one == " " else glyph(one) for one in beginning)
        st.caption(messages.escape(_("The beginning: “{beginning}”", beginning=shown)))
    try:
        written = [same_luck(one, step, beginning) for one in ids]
    except MiniGPTError as error:  # before the first word there may be nothing to go on
        messages.show_error(error)
        return []
    for column, name, run_id, text in zip(st.columns(3), MODELS, ids, written, strict=True):
        with column:
            st.markdown(f"**{messages.escape(translated(name))}**")
            plain_text(text)
            if name != MODELS[0]:
                st.caption(_how_alike(written[0], text))
            with st.container(horizontal=True, vertical_alignment="center"):
                copy_button(beginning + text, key=f"copy-{name}")
                ask_whether_copied(text, run=run_id, step=step, key=f"ask-{name}")
    return written


def _how_alike(own: str, other: str) -> str:
    pairs = enumerate(zip(own, other, strict=False))
    same = next((at for at, (a, b) in pairs if a != b), min(len(own), len(other)))
    if own == other:
        return _("The same as this model's, to the end.")
    if not same:
        return _("Unlike this model's from the first character on.")
    return ngettext(
        "Its first character is the same as this model's.",
        "Its first {count:,} characters are the same as this model's.",
        same,
    )
