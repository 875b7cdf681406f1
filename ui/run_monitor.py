"""One run, live: its curve, its newest words, its controls."""

import streamlit as st

from minigpt.runs.status import Status
from ui import charts, run_tabs
from ui.messages import escape
from ui.navigation import page_file
from ui.run_header import progress, status_badge, subtitle
from ui.services import RunSnapshot, entropy_lines, snapshot, store
from ui.theme import palette
from ui.wording import count, loss

CHART_HEIGHT = 380


def draw_run(run_id: str) -> None:
    """Everything about one run, kept up to date by whoever calls this again."""
    run = snapshot(run_id)
    _title(run)
    progress(run)
    _explain_end(run)
    references = entropy_lines(run)
    chart, sample = st.columns([3, 2], gap="large")
    with chart:
        _loss(run, references)
    with sample:
        _newest_sample(run)
    run_tabs.draw(run)


def _title(run: RunSnapshot) -> None:
    words, controls = st.columns([4, 1], vertical_alignment="center")
    with words:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.title(escape(run.summary.name), anchor=False, width="content")
            status_badge(run.status)
        st.caption(escape(subtitle(run)))
    with controls:
        _stop_button(run)


def _stop_button(run: RunSnapshot) -> None:
    if not run.status.is_live:
        return
    asked = bool(store().open(run.summary.id).read("control").get("stop"))
    if asked:
        st.caption("Stopping after this step …")
        return
    if st.button(
        "Stop", icon=":material/stop:", help="Ends after the current step; what it learnt is kept."
    ):
        store().open(run.summary.id).request(stop=True)
        st.toast("Asked the run to stop.")


def _explain_end(run: RunSnapshot) -> None:
    if run.status is Status.FAILED:
        st.error(escape(run.summary.reason or "It gave no reason."), icon=":material/error:")
    elif run.status is Status.KILLED:
        st.warning(escape(run.summary.reason or "It was killed."), icon=":material/power_off:")
    elif run.status is Status.STALLED:
        st.warning("The process lives but has not reported for a while. The computer may be busy.")
    if not run.status.is_live and run.checkpoints:
        _next_steps(run)


def _next_steps(run: RunSnapshot) -> None:
    link = {"run": run.summary.id}
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.status is Status.FINISHED:
            st.markdown(escape(lesson(run, entropy_lines(run))), width="content")
        st.page_link(
            page_file("generate"), label="Generate with it", query_params=link,
            icon=":material/edit_note:",
        )  # fmt: skip
        st.page_link(
            page_file("attention"), label="Look inside", query_params=link,
            icon=":material/grid_on:",
        )  # fmt: skip


def lesson(run: RunSnapshot, references: dict[str, float]) -> str:
    """What the final loss means, in words."""
    best = run.summary.best_validation_loss
    beaten = [name for name, value in references.items() if best is not None and best < value]
    if not beaten:
        return f"Best validation loss {loss(best)}."
    strongest = min(beaten, key=lambda name: references[name])
    curve = run.curves["validation_loss"]
    first = next((step for step, value in curve if value < references[strongest]), None)
    since = "" if first is None else f" since step {count(int(first))}"
    return f"It beats {strongest}{since}."


def _loss(run: RunSnapshot, references: dict[str, float]) -> None:
    train, validation = run.curves["train_loss"], run.curves["validation_loss"]
    if not train:
        st.skeleton(height=CHART_HEIGHT)
        return
    spec = charts.loss_chart(
        train, validation, references, palette(), steps=max(1, run.summary.steps)
    )
    st.echarts_chart(
        spec, height=CHART_HEIGHT, key=f"loss-{run.summary.id}",
        alt=f"Loss over steps, up to step {int(train[-1][0])}. Validation loss: "
        f"{loss(validation[-1][1] if validation else None)}.",
    )  # fmt: skip
    if references:
        st.caption(
            "Lower is better: the loss is the model's surprise at each next character. "
            "The dashed lines are what plain counting reaches on this text."
        )


def _newest_sample(run: RunSnapshot) -> None:
    if not run.samples:
        st.caption("The model's first words appear here.")
        return
    newest = run.samples[-1]
    st.caption(f"What it writes at step {count(newest['step'])}")
    st.code(newest["text"].strip("\n"), language=None, wrap_lines=True, height=CHART_HEIGHT)
