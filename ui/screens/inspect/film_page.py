"""The film of a training as a page to take home."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from minigpt.runs.attention.film_file import film_page
from minigpt.runs.attention.page_words import ENGLISH_FILM, FILM_WORDS, PageWords
from ui.i18n import _, language, numeral, translated
from ui.services.film import film
from ui.services.runs import snapshot


def offer_film(run_id: str, *, key: str) -> None:
    """A button that saves the film; made when it is asked for."""
    st.download_button(
        _("The film, a page to play (HTML)"), partial(to_page, run_id, page_words(FILM_WORDS)),
        file_name=f"{run_id}-film.html", mime="text/html", icon=":material/movie:",
        on_click="ignore", type="tertiary", key=key,
        help=_("One file that plays in any browser, without this app and without the net."),
    )  # fmt: skip


def page_words(words: Mapping[str, str]) -> PageWords:
    """What a page says to this visitor; asked for while there is one, before the page is made."""
    decimal = numeral(0.5, ".1f").strip("05")
    said = {key: translated(text) for key, text in words.items()}
    return PageWords(words=said, language=language(), decimal=decimal)


def to_page(run_id: str, said: PageWords = ENGLISH_FILM) -> bytes:
    """The film of a run; of one without a film, or that is gone, an empty file."""
    shared = film(run_id)
    if shared is None:
        return b""
    names = [shared.tokenizer.vocabulary[one] for one in shared.film.ids]
    run = snapshot(run_id)
    curve = run.curves.validation_loss
    return film_page(shared.film, names, curve, run=run.summary.name, words=said)
