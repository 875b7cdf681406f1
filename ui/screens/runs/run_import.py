"""Bringing a run back from the file that it was downloaded as."""

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.labels import LONGEST_NAME
from minigpt.runs.transfer.archive import read_archive
from ui.messages import show_error
from ui.navigation import page_file
from ui.services.runs import forget, store


def import_run() -> None:
    """A button that opens the way to bring a run; ends at that run's page."""
    with st.popover("Import a run", icon=":material/upload:", type="tertiary"):
        st.caption(
            f"A file that **Download** made, here or elsewhere, of at most {_most_megabytes()} MB. "
            "A larger one on this machine: `python -m minigpt import FILE.zip`"
        )
        file = st.file_uploader("The run's file", type=["zip"], key="archive")
        name = st.text_input(
            "Name", placeholder="as in the file", max_chars=LONGEST_NAME, key="import-name"
        )
        if st.button("Import", disabled=file is None, key="import") and file is not None:
            try:
                with st.spinner("Checking the file …"):
                    run = read_archive(store(), file, name=name or None)
            except MiniGPTError as error:
                show_error(error)
                return
            forget(run.id)
            st.switch_page(page_file("run"), query_params={"run": run.id})


def _most_megabytes() -> int:
    most: int = st.get_option("server.maxUploadSize")
    return most
