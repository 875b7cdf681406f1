"""What can be done with the chosen runs: name, tag, download, delete; and importing a run."""

from collections.abc import Callable, Iterable, Sequence

import streamlit as st

from minigpt.errors import MiniGPTError, RunError
from minigpt.jobs import actions
from minigpt.runs.labels import clean_tags, set_labels, split_tags
from minigpt.runs.records.requests import LONGEST_NAME, LONGEST_NOTE
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary
from minigpt.runs.transfer.archive import archive_bytes
from minigpt.runs.transfer.quotas import is_closed
from minigpt.sentences import N_
from ui.components.permission import ONE, may_change, teachers_door
from ui.i18n import _, ngettext, translated
from ui.messages import escape, show_error
from ui.navigation import page_file
from ui.screens.run.controls import archive, what_is_lost
from ui.services.runs import forget_run, snapshot, store
from ui.services.texts import bring_run
from ui.session.identity import current_owner
from ui.session.selection import choose_runs
from ui.session.unheard import draw_anew
from ui.wording import size

LARGEST_DOWNLOAD = 100_000_000
"""Bytes of an archive that the server still holds in memory for a browser."""
TAGS_HELP = N_("Words to find it by, with commas between them.")


def edit_runs(runs: Sequence[RunSummary]) -> None:
    """A quiet row of actions for the chosen runs; at least one."""
    mine = [run for run in runs if may_change(run.id)]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if len(mine) < len(runs):
            teachers_door(owners_in_words(len(runs) - len(mine), of=len(runs)), type="tertiary")
        elif len(runs) == 1:
            _edit_one(runs[0])
        else:
            _tag_several(runs)
        _download(runs)
        if mine and st.button(
            _("Delete …"), icon=":material/delete:", type="tertiary", key="delete-chosen"
        ):
            _confirm_deletion(mine)
        st.button(
            _("Untick all"),
            icon=":material/close:",
            type="tertiary",
            on_click=choose_runs,
            args=([],),
        )


def owners_in_words(others: int, *, of: int) -> str:
    """What to call so many chosen runs that are other people's."""
    if of == 1:
        return translated(ONE)
    if others == of:
        return _("Other people's runs")
    return ngettext("{count} is somebody else's", "{count} are somebody else's", others)


def _edit_one(run: RunSummary) -> None:
    # The key has the run in it, so that another run's words are never left in the boxes.
    with (
        st.popover(_("Name, tags, note"), icon=":material/edit:", type="tertiary", key="edit-one"),
        st.form(f"edit-{run.id}", border=False),
    ):
        name = st.text_input(_("Name"), run.name, max_chars=LONGEST_NAME, key=f"name-{run.id}")
        tags = st.text_input(
            _("Tags"), ", ".join(run.tags), help=translated(TAGS_HELP), key=f"tags-{run.id}"
        )
        note = st.text_area(_("Note"), run.note, max_chars=LONGEST_NOTE, key=f"note-{run.id}")
        if st.form_submit_button(_("Save")):
            _perform(
                [run], lambda one: save_details(one, name=name, tags=tags, note=note), _("Saved.")
            )


def save_details(run: RunSummary, *, name: str, tags: str, note: str) -> None:
    """Give a run its name, tags and note.

    Raises:
        RunError: the name is empty, something is too long, or it cannot be written.
    """
    tidy = clean_tags(split_tags(tags))  # before anything is written
    store().rename(run.id, name)
    set_labels(store().open(run.id), tags=tidy, note=note)


def _tag_several(runs: Sequence[RunSummary]) -> None:
    with (
        st.popover(_("Tags"), icon=":material/edit:", type="tertiary", key="tag-several"),
        st.form("tag-chosen", border=False),
    ):
        typed = st.text_input(
            _("Tags for these {count} runs", count=len(runs)),
            help=translated(TAGS_HELP),
            key="new-tags",
        )
        with st.container(horizontal=True):
            add = st.form_submit_button(_("Add"))
            take = st.form_submit_button(_("Take away"))
        if (add or take) and typed.strip():
            _perform(runs, lambda run: change_tags(run, split_tags(typed), add=add), _("Saved."))


def change_tags(run: RunSummary, tags: Iterable[str], *, add: bool) -> None:
    """Add tags to those that a run has, or take them away.

    Raises:
        RunError: there are too many, one is too long, or they cannot be written.
    """
    given = clean_tags(tags)
    left = [tag for tag in run.tags if tag not in given]
    set_labels(store().open(run.id), tags=[*run.tags, *given] if add else left)


def _download(runs: Sequence[RunSummary]) -> None:
    if len(runs) == 1:
        _download_one(runs[0], _("Download"))
        return
    with st.popover(_("Download"), icon=":material/download:", type="tertiary"):
        for run in runs:
            _download_one(run, escape(run.name))


def _download_one(run: RunSummary, label: str) -> None:
    try:
        about = archive_bytes(store().open(run.id))
    except MiniGPTError as error:
        show_error(error)
        return
    if about > LARGEST_DOWNLOAD:
        st.caption(
            _(
                "{name} takes up {about}, too much for a browser. On this machine: `python -m "
                "minigpt download {id} FILE.zip`",
                name=escape(run.name),
                about=size(about),
                id=run.id,
            )
        )
        return
    st.download_button(
        label, lambda: archive(run.id), file_name=f"{run.id}.zip", mime="application/zip",
        icon=":material/download:", type="tertiary", on_click="ignore", key=f"download-{run.id}",
        help=_("Everything there is of it as one file, about {about}: for another computer, or for "
            "keeping.", about=size(about)),
    )  # fmt: skip


def _confirm_deletion(runs: list[RunSummary]) -> None:
    # Made anew for each visitor, since a dialog's title is said when it is made.
    st.dialog(_("Delete for good?"), icon=":material/delete:")(_ask_for_deletion)(runs)


def _ask_for_deletion(runs: list[RunSummary]) -> None:
    free = [run for run in runs if "delete" in actions.allowed_actions(run.status)]
    for run in free:
        st.markdown(lost_with(run))
    for run in runs:
        if run not in free:
            st.warning(why_not(run), icon=":material/info:")
    if not free:
        return
    st.caption(
        _("This cannot be undone. Runs that were begun from these have copies of their own.")
    )
    if st.button(
        ngettext("Delete it for good", "Delete {count} runs for good", len(free)),
        icon=":material/delete:",
        key="delete-chosen-for-good",
    ):
        _perform(free, lambda run: store().delete(run.id), _("Deleted."))


def lost_with(run: RunSummary) -> str:
    """What deleting a run costs, as Markdown; a damaged one is lost with all that is in it."""
    try:
        return what_is_lost(snapshot(run.id))
    except Exception:  # what is wrong with it is no reason to keep it
        return _("**{name}** is damaged. Whatever is left of it is lost.", name=escape(run.name))


def why_not(run: RunSummary) -> str:
    """Why a run cannot be deleted now, as Markdown."""
    name = escape(run.name)
    if run.status is Status.QUEUED:
        return _("**{name}** waits in the queue. Cancel it first, then delete it.", name=name)
    return _("**{name}** is still training. Stop it first, then delete it.", name=name)


def _perform(runs: Sequence[RunSummary], act: Callable[[RunSummary], None], done: str) -> None:
    """Do something to each of the runs; one that refuses does not keep the others from it."""
    refused: list[RunError] = []
    for run in runs:
        try:
            act(run)
        except RunError as error:
            refused.append(error)
        forget_run(run.id)
    for refusal in refused:
        show_error(refusal)
    if not refused:
        st.toast(done)
        draw_anew()


def import_run() -> None:
    """A button that opens the way to bring a run; ends at that run's page."""
    if is_closed("imports"):
        st.caption(_("Importing runs is closed on this server."))
        return
    with st.popover(_("Import a run"), icon=":material/upload:", type="tertiary"):
        st.caption(
            _(
                "A file that **Download** made, here or elsewhere, of at most {most_megabytes} "
                "MB. A larger one on this machine: `python -m minigpt import FILE.zip`",
                most_megabytes=_most_megabytes(),
            )
        )
        file = st.file_uploader(_("The run's file"), type=["zip"], key="archive")
        name = st.text_input(
            _("Name"), placeholder=_("as in the file"), max_chars=LONGEST_NAME, key="import-name"
        )
        if st.button(_("Import"), disabled=file is None, key="import") and file is not None:
            try:
                with st.spinner(_("Checking the file …")):
                    run = bring_run(file, name=name or None, owner=current_owner())
            except MiniGPTError as error:
                show_error(error)
                return
            forget_run(run.id)
            st.switch_page(page_file("run"), query_params={"run": run.id})


def _most_megabytes() -> int:
    most: int = st.get_option("server.maxUploadSize")
    return most
