"""Ways to bring a text: upload it, paste it, or edit one that is here."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from minigpt.corpora import Corpus, add_text, decode_upload, fetch_text
from minigpt.errors import MiniGPTError
from ui import messages
from ui.i18n import _
from ui.session import url

LARGEST_UPLOAD_MEGABYTES = 50
"""Of a text, where the server's own limit is not lower; the command line takes larger ones."""
LARGEST_EDITABLE = 50_000


def bring_text() -> None:
    """A button that opens the ways to bring a text."""
    with st.popover(_("Bring your own"), icon=":material/add:", width="stretch"):
        _upload()
        _paste()
        _fetch()


def edit_text(corpus: Corpus) -> None:
    """The text in a box to change; what is kept is a new text beside the original."""
    if len(corpus.text) > LARGEST_EDITABLE:
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
            key=f"edit-{corpus.name}",
        )
        if st.button(_("Keep as a new text"), icon=":material/add:"):
            _keep(lambda: add_text(_("{title}, edited", title=corpus.title), edited))


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
            _keep(lambda: add_text(Path(file.name).stem, decode_upload(file.getvalue())))


def _paste() -> None:
    text = st.text_area(
        _("Or paste a text"), height=160, placeholder=_("A few hundred characters …")
    )
    title = st.text_input(_("Its title"), placeholder=_("My text"), max_chars=80)
    if st.button(_("Keep this text"), icon=":material/add:"):
        _keep(lambda: add_text(title or _("My text"), text))


def _fetch() -> None:
    address = st.text_input(
        _("Or a web address of plain text"), placeholder="https://", max_chars=2000,
        help=_("Fetched once by this server, from public addresses only."),
    ).strip()  # fmt: skip
    if st.button(_("Fetch this address"), icon=":material/download:"):
        title = address.split("?")[0].rstrip("/").rsplit("/", 1)[-1] or _("Web page")
        with st.spinner(_("Fetching …")):
            _keep(lambda: add_text(title, fetch_text(address)))


def _keep(make: Callable[[], Corpus]) -> None:
    try:
        corpus = make()
    except MiniGPTError as error:
        messages.show_error(error)
        return
    url.put_in_url(url.CORPUS, corpus.name)
    st.toast(_("{title} is ready to train on.", title=messages.escape(corpus.title)))
    st.rerun()
