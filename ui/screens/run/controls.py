"""What can be done to a run: what its status calls for in sight, the rest folded away."""

from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile

import streamlit as st

from minigpt.errors import MiniGPTError, RunError
from minigpt.jobs import actions
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status
from minigpt.runs.transfer.archive import archive_bytes, write_archive
from minigpt.sentences import N_
from ui.components.permission import may_change, teachers_door
from ui.i18n import _, ngettext, translated
from ui.messages import escape, show_error
from ui.navigation import page_file
from ui.services.runs import forget_run, store
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.session.unheard import draw_anew
from ui.wording import count, size

ASKED = {"stop": N_("Stopping after this step …"), "pause": N_("Pausing after this step …")}


@dataclass(frozen=True, kw_only=True)
class Button:
    """One thing that can be done to a run, as the screen offers it."""

    label: str
    icon: str
    help: str
    done: str
    """What to say when it was asked for."""
    act: Callable[[RunDirectory], None]


BUTTONS = {
    "pause": Button(
        label=N_("Pause"),
        icon="pause",
        help=N_(
            "Ends after the current step and keeps all it needs to go on exactly. Its slot is "
            "free for another run meanwhile."
        ),
        done=N_("Asked the run to pause."),
        act=actions.pause,
    ),
    "stop": Button(
        label=N_("Stop"),
        icon="stop",
        help=N_("Ends after the current step; what it learnt is kept."),
        done=N_("Asked the run to stop."),
        act=actions.stop,
    ),
    "cancel": Button(
        label=N_("Cancel"),
        icon="close",
        help=N_("Takes it out of the queue."),
        done=N_("It no longer waits."),
        act=lambda run: actions.cancel(store(), run),
    ),
    "resume": Button(
        label=N_("Resume"),
        icon="play_arrow",
        help=N_("Goes on from what it saved last, as if it had never been interrupted."),
        done=N_("It goes on as soon as a slot is free."),
        act=lambda run: actions.resume(store(), run),
    ),
    "sample_now": Button(
        label=N_("Write a sample now"),
        icon="edit_note",
        help=N_("Writes a little text after the current step."),
        done=N_("Asked the run for a sample."),
        act=actions.sample_now,
    ),
    "save_now": Button(
        label=N_("Save now"),
        icon="save",
        help=N_("Keeps the model as it is after the current step, to look into or to go on from."),
        done=N_("Asked the run to save."),
        act=actions.save_now,
    ),
}
"""By the name of the action in `minigpt.jobs.actions`."""


def show_controls(run: RunSnapshot) -> None:
    """The buttons beside a run's name."""
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if run.asked:
            st.caption(translated(ASKED[run.asked]), width="content")
        if may_change(run.summary.id):
            for name in in_sight(run):
                _button(run, name)
        else:
            teachers_door()
        _more(run)


def in_sight(run: RunSnapshot) -> list[str]:
    """The actions that a run's status calls for."""
    names = ["pause", "stop", "cancel"]
    if not run.has_diverged:  # the same would only go wrong once more
        names.append("resume")
    # A second request would change nothing; but who asked for a pause may still stop.
    open_to_all = [] if run.asked == "stop" else names
    return [
        name
        for name in open_to_all
        if name in actions.allowed_actions(run.status) and name != run.asked
    ]


def folded_away(run: RunSnapshot) -> list[str]:
    """The actions that a status allows, but that few come for."""
    names = ["resume"] if run.has_diverged else []
    if not run.asked:
        names += ["sample_now", "save_now"]
    return [name for name in names if name in actions.allowed_actions(run.status)]


def _button(run: RunSnapshot, name: str) -> None:
    shown = BUTTONS[name]
    # Of a run that failed, to try other settings comes first.
    is_first = name == "resume" and run.status is not Status.FAILED
    if st.button(
        translated(shown.label), icon=f":material/{shown.icon}:", help=translated(shown.help),
        type="primary" if is_first else "secondary", key=f"{name}-{run.summary.id}",
    ):  # fmt: skip
        _perform(run, shown)


def _perform(run: RunSnapshot, shown: Button) -> None:
    try:
        shown.act(store().open(run.summary.id))
    except MiniGPTError as error:
        show_error(error)
        return
    forget_run(run.summary.id)
    st.toast(translated(shown.done))
    draw_anew()


def _more(run: RunSnapshot) -> None:
    run_id = run.summary.id
    with st.popover(_("More"), icon=":material/more_horiz:", key=f"more-{run_id}"):
        mine = may_change(run_id)
        for name in folded_away(run) if mine else []:
            _button(run, name)
        st.page_link(
            page_file("train"), label=_("Train another like it"), icon=":material/content_copy:",
            query_params={url.LIKE: run_id},
            help=_("The Train page, filled in with the settings of this run."),
        )  # fmt: skip
        st.download_button(
            _("Download the run"), lambda: archive(run_id), file_name=f"{run_id}.zip",
            mime="application/zip", icon=":material/download:", on_click="ignore",
            key=f"archive-{run_id}",
            help=_("Everything there is of it as one file, for another computer or for keeping."),
        )  # fmt: skip
        if mine and "delete" in actions.allowed_actions(run.status):
            st.divider()
            if st.button(
                _("Delete …"), icon=":material/delete:", type="tertiary", key=f"delete-{run_id}"
            ):
                _confirm_deletion(run)


def archive(run_id: str) -> bytes:
    """A run as one file.

    Raises:
        MiniGPTError: there is no such run, it is damaged, or too large for one archive.
    """
    with TemporaryFile() as file:
        write_archive(store().open(run_id), file)
        file.seek(0)
        return file.read()


def _confirm_deletion(run: RunSnapshot) -> None:
    # Made anew for each visitor, since a dialog's title is said when it is made.
    st.dialog(_("Delete this run?"), icon=":material/delete:")(_ask_for_deletion)(run)


def _ask_for_deletion(run: RunSnapshot) -> None:
    st.markdown(what_is_lost(run))
    st.caption(_("This cannot be undone. Runs that were begun from it have copies of their own."))
    if st.button(_("Delete it for good"), icon=":material/delete:", key="delete-for-good"):
        try:
            store().delete(run.summary.id)
        except RunError as error:
            show_error(error)
            return
        forget_run(run.summary.id)
        st.switch_page(page_file("runs"))


def what_is_lost(run: RunSnapshot) -> str:
    """What deleting a run costs, as Markdown."""
    summary, saved = run.summary, len(run.checkpoints)
    return ngettext(
        "**{name}** goes with all that it learnt up to step {step}: its {count:,} checkpoint, its "
        "curves and its samples, {room}.",
        "**{name}** goes with all that it learnt up to step {step}: its {count:,} checkpoints, its "
        "curves and its samples, {room}.",
        saved,
        name=escape(summary.name),
        step=count(summary.step),
        room=size(archive_bytes(store().open(summary.id))),
    )
