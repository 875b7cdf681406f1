"""Ways to bring a text: upload it, paste it, or edit one that is here."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from minigpt.corpora import Corpus, decode_upload
from minigpt.errors import MiniGPTError
from minigpt.runs.transfer.quotas import is_closed
from ui import messages
from ui.i18n import _
from ui.services import texts
from ui.session import url
from ui.session.identity import current_owner
from ui.session.unheard import draw_anew

LARGEST_UPLOAD_MEGABYTES = 50
"""Of a text, where the server's own limit is not lower; the command line takes larger ones."""
LONGEST_PASTED = 1_000_000
LARGEST_EDITABLE = 50_000
BRING, KEPT = "bring-text", "texts-kept"


def bring_text() -> None:
    """A button that opens the ways to bring a text."""
    # Another key is another popover: it is closed, and the kept text's numbers can be seen.
    key = f"{BRING}-{st.session_state.get(KEPT, 0)}"
    with st.popover(_("Bring your own"), icon=":material/add:", width="stretch", key=key):
        if is_closed("texts"):
            st.caption(_("Bringing texts is closed on this server."))
        else:
            _upload()
            _paste()
        if is_closed("addresses"):
            st.caption(_("Fetching texts from web addresses is closed on this server."))
        else:
            _fetch()


def edit_text(corpus: Corpus) -> None:
    """The text in a box to change; what is kept is a new text beside the original."""
    if len(corpus.text) > LARGEST_EDITABLE or is_closed("texts"):
        return
    with st.expander(_("Edit this text")):
        st.caption(
            _(
                "The last tenth is kept from training, to judge by: add what should be learnt "
                "above it."
            )
        )
        edited = st.text_area(
            _("One example a line works well"),
            value=corpus.text,
            height=320,
            max_chars=2 * LARGEST_EDITABLE,
            key=f"edit-{corpus.name}",
        )
        if st.button(_("Keep as a new text"), icon=":material/add:"):
            _keep(
                lambda: texts.keep_text(
                    _("{title}, edited", title=corpus.title), edited, owner=current_owner()
                )
            )


def _upload() -> None:
    largest = min(LARGEST_UPLOAD_MEGABYTES, st.get_option("server.maxUploadSize"))
    file = st.file_uploader(
        _("Upload a text file"),
        max_upload_size=largest,
        help=_(
            "Any file that is text, whatever its name ends in, and the text of PDF and Word "
            "files; at most {megabytes} MB. It stays on this machine. The command line takes "
            "larger ones: `python -m minigpt train --file FILE`.",
            megabytes=largest,
        ),
    )
    if file is not None and st.button(_("Keep this file"), icon=":material/add:"):
        with st.spinner(_("Reading the file …")):
            _keep(
                lambda: texts.keep_text(
                    Path(file.name).stem, decode_upload(file.getvalue()), owner=current_owner()
                )
            )


def _paste() -> None:
    text = st.text_area(
        _("Or paste a text"), height=160, placeholder=_("A few hundred characters …"),
        max_chars=LONGEST_PASTED,
    )  # fmt: skip
    title = st.text_input(_("Its title"), placeholder=_("My text"), max_chars=80)
    if st.button(_("Keep this text"), icon=":material/add:"):
        _keep(lambda: texts.keep_text(title or _("My text"), text, owner=current_owner()))


def _fetch() -> None:
    address = st.text_input(
        _("Or a web address of plain text"), placeholder="https://", max_chars=2000,
        help=_("Fetched once by this server, from public addresses only."),
    ).strip()  # fmt: skip
    if st.button(_("Fetch this address"), icon=":material/download:"):
        title = address.split("?")[0].rstrip("/").rsplit("/", 1)[-1] or _("Web page")
        with st.spinner(_("Fetching …")):
            _keep(lambda: texts.keep_text_at(title, address, owner=current_owner()))


def _keep(make: Callable[[], Corpus]) -> None:
    try:
        corpus = make()
    except MiniGPTError as error:
        messages.show_error(error)
        return
    url.put_in_url(url.CORPUS, corpus.name)
    st.session_state[KEPT] = st.session_state.get(KEPT, 0) + 1
    st.toast(_("{title} is kept.", title=messages.escape(corpus.title)))
    draw_anew()
