"""The bar that chooses which model a page is about: the run and the step, both in the address."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import streamlit as st

from minigpt.checkpoints.choice import choose_from
from minigpt.errors import MiniGPTError
from minigpt.runs.trained_model import TrainedModel
from ui import messages
from ui.components.glossary import meaning_of
from ui.components.run_header import status_badge
from ui.i18n import _
from ui.navigation import page_file
from ui.services import runs
from ui.services.models import trained_model
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.wording import count, loss


@dataclass(frozen=True, kw_only=True)
class ChosenModel:
    """What the bar says."""

    run_id: str
    step: int
    trained: TrainedModel


def slide_step(_run: RunSnapshot, steps: list[str], default: str) -> str:
    """A slider over the kept steps."""
    return url.slide(
        _("Step of its training"), steps, name=url.STEP, default=default,
        show=lambda one: count(int(one)),
        help=meaning_of("checkpoint", "step"),
    )  # fmt: skip


def choose_model(
    choose_step: Callable[[RunSnapshot, list[str], str], str] = slide_step,
) -> ChosenModel:
    """Draw the bar and open what it names; ends the page with a way out where there is nothing.

    Args:
        choose_step: Draws what chooses one of several kept steps, and says which; given the run,
            the steps, and the one where nothing was chosen.
    """
    by_id = {run.id: run for run in runs.all_runs()}
    _warn_if_gone(by_id.keys())
    _require_any(by_id)
    default = runs.DEMO_RUN if runs.DEMO_RUN in by_id else next(iter(by_id))
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    with left:
        run_id = url.select(
            _("Model"), list(by_id), name=url.RUN, default=default, show=lambda one: by_id[one].name
        )
    with messages.errors_shown():
        snapshot = runs.snapshot(run_id)
    judged = {str(one.step): one.validation_loss for one in snapshot.checkpoints}
    if not (steps := list(judged)):
        st.info(_("This run has saved nothing yet. Its first weights appear within seconds."))
        st.page_link(page_file("run"), label=_("Watch it train"), query_params={"run": run_id})
        st.stop()
    best = str(choose_from(snapshot.checkpoints, None).step)
    with middle:
        step = choose_step(snapshot, steps, best) if len(steps) > 1 else steps[0]
    with right, st.container(horizontal=True, vertical_alignment="center"):
        status_badge(snapshot.status)
        # A film may stand at a step whose weights are not kept: then this is of another one.
        is_shown = url.remembered_choice(url.STEP) in (None, step)
        words = _judgement(judged[step], is_best=step == best, of=None if is_shown else step)
        st.caption(words, help=meaning_of("loss", "validation", "nats"))
    return ChosenModel(run_id=run_id, step=int(step), trained=_open(run_id, int(step)))


def _require_any(runs: Collection[str]) -> None:
    if not runs:
        messages.show_empty_state(
            _("No model has been trained here yet."),
            page=page_file("home"),
            action=_("Train one now"),
        )
        st.stop()


def _judgement(validation_loss: float | None, *, is_best: bool, of: str | None = None) -> str:
    if of is not None and validation_loss is not None:
        return _(
            "validation loss {validation_loss} at step {step}",
            validation_loss=loss(validation_loss), step=count(int(of)),
        )  # fmt: skip
    if validation_loss is None:
        return _("not judged at this step")
    if is_best:
        return _(
            "validation loss {validation_loss} at this step, the best that is saved",
            validation_loss=loss(validation_loss),
        )
    return _(
        "validation loss {validation_loss} at this step", validation_loss=loss(validation_loss)
    )


def _open(run_id: str, step: int) -> TrainedModel:
    try:
        return trained_model(run_id, step)
    except MiniGPTError as error:
        messages.show_error(error)
        st.stop()


def _warn_if_gone(known: Collection[str]) -> None:
    asked = url.in_url(url.RUN)
    if asked and asked not in known:
        # Escaped, since whoever wrote the link could make the page say anything in Markdown.
        shown = messages.escape(asked[:60])
        st.warning(
            _("The link names a run that is not here: {shown}. Showing another one.", shown=shown)
        )
