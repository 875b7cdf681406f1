"""For who teaches: the reports that a class handed in, as one table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.lessons.handed_in import LARGEST_BYTES, MOST_REPORTS, HandedIn, as_csv, read_report
from ui import messages
from ui.i18n import _, ngettext


def show_class_table() -> None:
    """A place to drop reports into, and the table of them."""
    with st.expander(_("For teachers: the reports of a class as one table")):
        st.markdown(
            _(
                "Let each learner save the page to print and hand in the file. Put all of them in "
                "here: the answers before and after stand side by side, with columns to code them "
                "in. The computer that runs MiniGPT reads the files and stores none."
            )
        )
        files = st.file_uploader(
            _("Reports of the lessons"), type=["html"], accept_multiple_files=True,
            key="class-reports", max_upload_size=max(1, LARGEST_BYTES // 1_000_000),
        )  # fmt: skip
        read = []
        for file in files[:MOST_REPORTS]:
            try:
                read.append((file.name, read_report(file.getvalue())))
            except MiniGPTError as error:
                st.caption(messages.escape(file.name))
                messages.show_error(error)
        _say_what_is_left_out(len(files) - MOST_REPORTS)
        if read:
            _show(read)


def _say_what_is_left_out(left: int) -> None:
    if left > 0:
        st.warning(
            ngettext(
                "{count} file is left out: a table has {most} reports at most. Put in one "
                "class at a time.",
                "{count} files are left out: a table has {most} reports at most. Put in one "
                "class at a time.",
                left, most=MOST_REPORTS,
            )
        )  # fmt: skip


def _show(read: Sequence[tuple[str, HandedIn]]) -> None:
    columns, rows = report_table(read)
    st.caption(ngettext("{count} report", "{count} reports", len(rows)))
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True)
    st.download_button(
        _("The table for a spreadsheet (CSV)"), as_csv([columns, *rows]),
        file_name="class.csv", mime="text/csv", on_click="ignore", icon=":material/download:",
    )  # fmt: skip


def report_table(read: Sequence[tuple[str, HandedIn]]) -> tuple[list[str], list[list[object]]]:
    """Headings, and a row for each report; the last two columns are for who reads them."""
    columns = [
        _("file"), _("before the lessons"), _("after the lessons"), _("steps"), _("guessed first"),
        _("guessed right"), _("names the training text: before (0 or 1)"),
        _("names the training text: after (0 or 1)"),
    ]  # fmt: skip
    rows: list[list[object]] = [
        [name, one.before, one.after, one.steps, one.guessed, one.right, "", ""]
        for name, one in read
    ]
    return columns, rows
