"""What was written with other settings in this visit."""

import streamlit as st

from ui.i18n import _
from ui.messages import escape
from ui.screens.generate.write.one_text import say_how_written, settings_in_words, show_text
from ui.screens.generate.write.take_home import take_home
from ui.session.branches import open_text
from ui.session.texts import TextSettings, WrittenText, written_texts

LONGEST_LABEL = 120
FIRST_PLACE = 100
"""The keys of what stands here begin behind those of the texts above."""
EARLIER = "earlier-texts"
# Paler, so that nobody takes it for what the settings above would write; still easy to read.
STYLE = f"<style>.st-key-{EARLIER} [data-testid=stCode] {{ opacity: 0.72; }}</style>"


def show_earlier(settings: TextSettings | None) -> None:
    """What was written with other settings: the newest in full, the others folded, all paler."""
    earlier = [text for text in written_texts() if text.settings != settings]
    if not earlier:
        return
    st.html(STYLE)
    with st.container(key=EARLIER):
        st.subheader(_("Written before, with other settings"), anchor=False)
        _show_one(earlier[0], FIRST_PLACE)
        for place, text in enumerate(earlier[1:], start=FIRST_PLACE + 1):
            words = f"{settings_in_words(text)} · {text.continuation}"
            with st.expander(escape(" ".join(words.split())[:LONGEST_LABEL])):
                _show_one(text, place)


def _show_one(text: WrittenText, place: int) -> None:
    show_text(st.empty(), text.text)
    say_how_written(text)
    with st.container(horizontal=True):
        st.button(
            _("Use these settings"), icon=":material/undo:", key=f"restore-{place}",
            on_click=open_text, args=(text.settings, None, text.branch),
        )  # fmt: skip
        take_home(text, place=place)
