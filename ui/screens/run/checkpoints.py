"""The checkpoints of a run, its weights at some steps, and what can be begun from each."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from minigpt.checkpoints.manifest import Checkpoint
from ui import pickers
from ui.components.tables import column_format, in_language
from ui.i18n import _
from ui.navigation import page_file
from ui.screens.run.explanations import going_on
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.wording import count, loss, size

LARGEST_DOWNLOAD = 500_000_000
"""Bytes that a browser is given at once."""


def draw_checkpoints(run: RunSnapshot) -> None:
    """The list of what was saved; for one of them, where it leads."""
    if not run.checkpoints:
        st.caption(_("Its weights are saved at chosen steps; they will be listed here."))
        return
    saved = {str(one.step): one for one in run.checkpoints}
    step = pickers.select_box(
        _("Checkpoint"), list(reversed(saved)), key=f"checkpoint-{run.summary.id}",
        show=lambda step: checkpoint_title(saved[step]),
    )  # fmt: skip
    _ways_on(run, saved[step])
    st.dataframe(
        in_language(checkpoint_table(run.checkpoints), {"Step": ","}), hide_index=True,
        alt=_("Every checkpoint of this run"),
        column_config={
            "Step": st.column_config.NumberColumn(_("Step"), format=column_format("localized")),
            "Validation loss": st.column_config.TextColumn(
                _("Validation loss"), alignment="right",
                help=_("Weights are also saved between evaluations, on steps spread so that the "
                "early ones, where most is learnt, lie close together."),
            ),
            "Size": st.column_config.TextColumn(_("Size"), alignment="right"),
        },
    )  # fmt: skip


def _ways_on(run: RunSnapshot, saved: Checkpoint) -> None:
    step = saved.step
    link = {url.RUN: run.summary.id, url.STEP: str(step)}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.page_link(
            page_file("train"), label=_("Fork it here"), icon=":material/call_split:",
            query_params=going_on(run, step),
            help=_("A new run that goes on from this step with one thing changed."),
        )  # fmt: skip
        st.page_link(
            page_file("train"), label=_("Fine-tune it on another text"), icon=":material/school:",
            query_params=going_on(run, step, kind="fine_tune"),
            help=_("A new run that begins with these weights and learns from another text."),
        )  # fmt: skip
        st.page_link(
            page_file("generate"),
            label=_("Generate"),
            icon=":material/edit_note:",
            query_params=link,
        )
        st.page_link(
            page_file("attention"),
            label=_("Attention"),
            icon=":material/grid_on:",
            query_params=link,
        )
        _offer_weights(run.summary.id, saved)


def _offer_weights(run_id: str, saved: Checkpoint) -> None:
    if saved.bytes <= LARGEST_DOWNLOAD:
        st.download_button(
            _("For PyTorch"), lambda: _weights(run_id, saved.step),
            file_name=f"{run_id}-step{saved.step}.pt", mime="application/octet-stream",
            icon=":material/download:", type="tertiary", on_click="ignore",
            key=f"pytorch-{run_id}-{saved.step}",
            help=_("The weights of this step alone, as a state dict for `torch.load`, about "
                "{about}.", about=size(saved.bytes)),
        )  # fmt: skip


def _weights(run_id: str, step: int) -> bytes:
    # Here and not above: torch takes a second to import, and looking at a run does without it.
    from ui.services.models import state_dict_bytes

    return state_dict_bytes(run_id, step)


def checkpoint_title(checkpoint: Checkpoint) -> str:
    """A checkpoint in a line, such as "Step 2,000 · validation loss 1.5432"."""
    step, value = count(checkpoint.step), checkpoint.validation_loss
    return (
        _("Step {step}", step=step)
        if value is None
        else _("Step {step} · validation loss {value}", step=step, value=loss(value))
    )


def checkpoint_table(checkpoints: Sequence[Checkpoint]) -> pd.DataFrame:
    """One row a checkpoint, newest first."""
    newest_first = list(reversed(checkpoints))
    return pd.DataFrame(
        {
            "Step": [checkpoint.step for checkpoint in newest_first],
            "Validation loss": [
                _("not judged at this step")
                if checkpoint.validation_loss is None
                else loss(checkpoint.validation_loss)
                for checkpoint in newest_first
            ],
            "Size": [size(checkpoint.bytes) for checkpoint in newest_first],
        }
    )
