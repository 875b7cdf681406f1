"""What a run wrote at each look, as a line in time."""

from collections.abc import Mapping, Sequence

import streamlit as st

from minigpt.runs.analysis.curves import Curve
from minigpt.runs.records import Sample
from ui import pickers
from ui.components.plain_text import plain_text
from ui.i18n import _
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.wording import count, loss

NEIGHBOURS = 2


def sample_timeline(run: RunSnapshot) -> None:
    """A slider over all samples, the chosen one, and those around it."""
    samples = by_step(run.samples)
    if not samples:
        st.caption(_("A sample of text is written at every evaluation."))
        return
    if run.history.forgotten:
        st.caption(
            _(
                "{count} older samples are not shown here; they are in the run's samples.jsonl.",
                count=count(run.history.forgotten),
            )
        )
    steps = list(samples)
    chosen = _choose(steps, run_id=run.summary.id) if len(steps) > 1 else steps[0]
    for step in (chosen, *steps_around(steps, steps.index(chosen))):
        _show(run, samples, step)


def _choose(steps: Sequence[str], *, run_id: str) -> str:
    current, followed = url.in_url(url.STEP), f"followed-sample-{run_id}"
    st.session_state.setdefault(followed, steps[-1])
    if current not in steps:
        current = st.session_state[followed] = steps[-1]
    # A browser that has not yet drawn the newest sample still says where its slider stands, and on
    # one slider for all samples that would be a choice that nobody made. While it follows, each
    # newest sample has a slider of its own; a step that somebody chose stays on theirs.
    key = f"sample-{run_id}-{st.session_state[followed]}"
    st.session_state[key] = current
    return pickers.slider(
        _("Step"), steps, key=key, show=lambda step: count(int(step)),
        help=_("At its right end it follows the newest sample."),
        on_change=_write_back, args=(key, steps[-1]),
    )  # fmt: skip


def _write_back(key: str, newest: str) -> None:
    # The newest is left out, or the slider would stay behind when there is a newer one.
    if st.session_state[key] == newest:
        url.drop_from_url(url.STEP)
    else:
        url.put_in_url(url.STEP, st.session_state[key])


def by_step(samples: Sequence[Sample]) -> dict[str, str]:
    """Each step at which something was written, and the newest text of that step."""
    found = {sample.step: sample.text for sample in samples}
    return {str(step): found[step] for step in sorted(found)}


def steps_around(steps: Sequence[str], chosen: int) -> list[str]:
    """The steps around a chosen one, newest first."""
    around = [
        index
        for index in range(chosen - NEIGHBOURS, chosen + NEIGHBOURS + 1)
        if 0 <= index < len(steps) and index != chosen
    ]
    return [steps[index] for index in reversed(around)]


def loss_at(curve: Curve, step: int) -> float | None:
    """The loss that was measured at a step, if it was and is among what the screen keeps."""
    return next((value for index, value in curve if index == step), None)


def sample_heading(run: RunSnapshot, step: str) -> str:
    """The step of a sample and the loss the model had there."""
    value = loss_at(run.curves.validation_loss, int(step))
    shown = count(int(step))
    if value is None:
        return _("step {step}", step=shown)
    return _("step {step} · validation loss {value}", step=shown, value=loss(value))


def _show(run: RunSnapshot, samples: Mapping[str, str], step: str) -> None:
    st.caption(sample_heading(run, step))
    plain_text(samples[step].strip("\n"))
