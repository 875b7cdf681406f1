"""The texts: choose one, bring your own, see what is in it."""

import streamlit as st

from ui import messages
from ui.i18n import _, translated
from ui.navigation import ensure_frame
from ui.screens.text.bring import bring_text, edit_text
from ui.screens.text.tokenizers import show_playground
from ui.screens.text.view import show_corpus
from ui.services import runs
from ui.session import url

ensure_frame()

st.title(_("Text"), anchor=False)
st.caption(_("A model learns whatever it reads. Choose what that is, or bring your own."))
choose, bring = st.columns([4, 1], vertical_alignment="bottom")
with bring:
    bring_text()
with choose:
    sources = {source.name: source for source in runs.texts()}
    name = url.select(
        _("Text"),
        list(sources),
        name=url.CORPUS,
        default=runs.first_corpus(),
        show=lambda one: translated(sources[one].title),
    )
st.caption(translated(sources[name].description))
with messages.errors_shown():
    corpus = runs.corpus(name)
show_corpus(corpus)
show_playground(corpus)
edit_text(corpus)
