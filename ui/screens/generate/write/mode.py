"""The prompt, the knobs, and what is shown below them."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _
from ui.screens.generate.knobs import choose_prompt, knobs, settings_of
from ui.screens.generate.write.branches import show_texts
from ui.screens.generate.write.earlier import show_earlier
from ui.screens.generate.write.live import missing_branches, write_missing
from ui.services.runs import snapshot
from ui.session.branches import ask_for, is_asked_for
from ui.session.texts import TextSettings, forget_texts, written_texts
from ui.theme import palette
from ui.wording import count

SAMPLE, SAMPLE_HEIGHT = "sample-of-training", 240


def show(chosen: ChosenModel) -> None:
    """The beginning, the knobs, the texts, and what was written before."""
    prompt = choose_prompt(chosen)
    asked = None
    try:
        known = chosen.trained.tokenizer.known_form(prompt)
        asked = settings_of(chosen, known, knobs())
        if st.button(
            _("Generate"), type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"
        ):
            chosen.trained.prompt_ids(known)  # what cannot be read is refused before all else
            ask_for(asked)
            forget_texts(asked)
        _show_asked(chosen, asked)
    except MiniGPTError as error:
        messages.show_error(error)
    show_earlier(asked)


def _show_asked(chosen: ChosenModel, settings: TextSettings) -> None:
    if not is_asked_for(settings):
        st.caption(_("What the model writes with these settings appears here, token by token."))
        if not written_texts():
            _show_sample(chosen)
        return
    # Here and not below, where Stop would have to wait for the end of what it is to end.
    with st.container():
        write_missing(chosen, settings)
    # Alone, so that whoever looks at token after token does not have the whole page drawn anew.
    st.fragment(_show_written)(chosen, settings)


def _show_sample(chosen: ChosenModel) -> None:
    """What to expect, before anything was asked for: the last that was written in training."""
    samples = [one for one in snapshot(chosen.run_id).samples if one.step <= chosen.step]
    if not samples or not (text := samples[-1].text.strip("\n")):
        return
    st.caption(_("At step {step} of its training it wrote:", step=count(samples[-1].step)))
    height = palette().pixels(SAMPLE_HEIGHT)
    st.html(f"<style>.st-key-{SAMPLE} pre {{ max-height: {height}px; }}</style>")
    with st.container(key=SAMPLE):
        st.code(text, language=None, wrap_lines=True)


def _show_written(chosen: ChosenModel, settings: TextSettings) -> None:
    if missing_branches(chosen, settings):
        st.rerun()
    with messages.errors_shown():
        show_texts(chosen, settings)
