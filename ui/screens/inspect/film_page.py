"""The film of a training as a page to take home."""

import streamlit as st

from minigpt.runs.attention.film_file import film_page
from ui.i18n import _
from ui.services.film import film
from ui.services.runs import snapshot


def offer_film(run_id: str, *, key: str) -> None:
    """A button that saves the film; made when it is asked for."""
    st.download_button(
        _("The film, a page to play (HTML)"), lambda: to_page(run_id),
        file_name=f"{run_id}-film.html", mime="text/html", icon=":material/movie:",
        on_click="ignore", type="tertiary", key=key,
        help=_("One file that plays in any browser, without this app and without the net."),
    )  # fmt: skip


def to_page(run_id: str) -> bytes:
    """The film of a run; of one without a film, or that is gone, an empty file."""
    shared = film(run_id)
    if shared is None:
        return b""
    names = [shared.tokenizer.vocabulary[one] for one in shared.film.ids]
    run = snapshot(run_id)
    return film_page(shared.film, names, run.curves["validation_loss"], run=run.summary.name)
