"""The verdict on a run at the head of its page: what happened, why, and the way to mend it."""

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.remedies import Change
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import Verdict
from minigpt.runs.status import Status
from ui.forms.labels import label, setting_value
from ui.i18n import _, translated
from ui.messages import escape
from ui.navigation import page_file
from ui.services.runs import store
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.theme import VERDICT_ICONS

DETAILS = "verdict"


def draw_verdict(run: RunSnapshot, verdict: Verdict) -> None:
    """What is to be said of a run; of one that goes on well or failed with a reason, nothing."""
    if _is_said(run, verdict):
        _box(verdict)
    if run.status.is_live:
        with st.container(horizontal=True, vertical_alignment="center", key=f"{DETAILS}-next"):
            draw_remedy(run, verdict)


def _is_said(run: RunSnapshot, verdict: Verdict) -> bool:
    if verdict.kind is Kind.NOT_JUDGED or (run.status.is_live and verdict.kind.is_good):
        return False
    return run.status is not Status.FAILED or run.has_diverged


def draw_remedy(run: RunSnapshot, verdict: Verdict) -> None:
    """The ways to mend what the verdict says, to stand in a row with what else can be done."""
    remedy = verdict.remedy
    if remedy is None or not _is_said(run, verdict):
        return
    if remedy.change and st.button(
        change_words(remedy.change), icon=":material/restart_alt:",
        type="secondary" if verdict.kind.is_good else "primary",
        key=f"mend-{run.summary.id}",
        help=_("The Train page, filled in with the settings of this run and this change."),
    ):  # fmt: skip
        st.switch_page(page_file("train"), query_params=changed_form_address(run, remedy.change))
    if remedy.blames_text and run.settings.corpus:
        st.page_link(
            page_file("corpus"), label=_("Look at its text"), icon=":material/article:",
            query_params={url.CORPUS: run.settings.corpus},
        )  # fmt: skip


def _box(verdict: Verdict) -> None:
    remedy = verdict.remedy
    said = [f"**{escape(translated(verdict.words))}**"]
    if remedy:
        said += [escape(translated(words)) for words in (remedy.cause, remedy.advice) if words]
    show = {"good": st.success, "bad": st.error if verdict.kind is Kind.BROKEN else st.warning}
    show.get(verdict.tone, st.info)(" ".join(said), icon=VERDICT_ICONS[verdict.kind])


def change_words(change: Change) -> str:
    """What a button does that starts a run again with one setting changed."""
    setting = label(change.field.partition(".")[2])
    setting = setting[:1].lower() + setting[1:]
    return _(
        "Start again with {setting}: {value}", setting=setting, value=setting_value(change.value)
    )


def changed_form_address(run: RunSnapshot, change: Change) -> dict[str, str]:
    """The address of a form like this run's with one setting changed.

    A run that began with another one's weights begins with them once more, if they are still there.
    """
    settings = run.settings
    changed = {change.field: str(change.value)}
    try:
        origin = store().open(settings.start_run or "")
    except MiniGPTError:
        return {url.LIKE: run.summary.id, **changed}
    step = {} if settings.start_step is None else {url.AT: str(settings.start_step)}
    return {url.FROM: origin.id, url.KIND: settings.start, **step, **changed}
