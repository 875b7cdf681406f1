"""The prompt, the knobs, the texts, and what was written in this visit with other settings."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.i18n import _
from ui.messages import escape
from ui.screens.generate.knobs import choose_knobs, choose_prompt, settings_of
from ui.screens.generate.write.branches import show_texts
from ui.screens.generate.write.live import missing_branches, write_missing
from ui.screens.generate.write.one_text import say_how_written, settings_in_words
from ui.screens.generate.write.take_home import take_home
from ui.services.runs import snapshot
from ui.session.branches import ask_for, is_asked_for, open_text
from ui.session.texts import TextSettings, WrittenText, forget_texts, written_texts
from ui.session.unheard import draw_anew
from ui.theme import palette
from ui.wording import count

SAMPLE_HEIGHT = 240
LONGEST_LABEL = 120
FIRST_PLACE = 100
"""The keys of the earlier texts begin behind those of the texts above."""
EARLIER = "earlier-texts"
# Paler, so that nobody takes it for what the settings above would write; still easy to read.
STYLE = f"<style>.st-key-{EARLIER} .plain-text {{ opacity: 0.72; }}</style>"


def show(chosen: ChosenModel) -> None:
    """The beginning, the knobs, the texts, and what was written before."""
    prompt = choose_prompt(chosen)
    asked = None
    try:
        known = chosen.trained.tokenizer.known_form(prompt)
        asked = settings_of(chosen, known, choose_knobs())
        if st.button(
            _("Generate"), type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"
        ):
            chosen.trained.prompt_ids(known)  # what cannot be read is refused before all else
            ask_for(asked)
            forget_texts(asked)
        _show_asked(chosen, asked)
    except MiniGPTError as error:
        messages.show_error(error)
    _show_earlier(asked)


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
    plain_text(text, tallest=palette().pixels(SAMPLE_HEIGHT))


def _show_written(chosen: ChosenModel, settings: TextSettings) -> None:
    if missing_branches(chosen, settings):
        draw_anew()
    with messages.errors_shown():
        show_texts(chosen, settings)


def _show_earlier(settings: TextSettings | None) -> None:
    """What was written with other settings: the newest in full, the others folded, all paler."""
    earlier = [text for text in written_texts() if text.settings != settings]
    if not earlier:
        return
    st.html(STYLE)
    with st.container(key=EARLIER):
        st.subheader(_("Written before, with other settings"), anchor=False)
        _show_earlier_text(earlier[0], FIRST_PLACE)
        for place, text in enumerate(earlier[1:], start=FIRST_PLACE + 1):
            words = f"{settings_in_words(text)} · {text.continuation}"
            with st.expander(escape(" ".join(words.split())[:LONGEST_LABEL])):
                _show_earlier_text(text, place)


def _show_earlier_text(text: WrittenText, place: int) -> None:
    plain_text(text.text)
    say_how_written(text)
    with st.container(horizontal=True):
        st.button(
            _("Use these settings"), icon=":material/undo:", key=f"restore-{place}",
            on_click=open_text, args=(text.settings, None, text.branch),
        )  # fmt: skip
        take_home(text, place=place)
