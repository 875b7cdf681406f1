"""The texts: choose one, bring your own, see what is in it."""

import streamlit as st

from ui import messages, services, state
from ui.corpus_input import bring_text, edit_text
from ui.corpus_view import show_corpus
from ui.navigation import ensure_frame
from ui.playground import playground

ensure_frame()

st.title("Text", anchor=False)
st.caption("A model learns whatever it reads. Choose what that is, or bring your own.")
choose, bring = st.columns([4, 1], vertical_alignment="bottom")
with bring:
    bring_text()
with choose:
    sources = {source.name: source for source in services.texts()}
    name = state.select(
        "Text",
        list(sources),
        name=state.CORPUS,
        default=services.first_corpus(),
        show=lambda one: sources[one].title,
    )
st.caption(sources[name].description)
with messages.errors_shown():
    corpus = services.corpus(name)
show_corpus(corpus)
playground(corpus)
edit_text(corpus)
