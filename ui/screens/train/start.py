"""The top of the Train page where a run begins with the weights of another one."""

from collections import Counter
from collections.abc import Iterator

import streamlit as st

from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
from minigpt.errors import MiniGPTError
from minigpt.models import LADDER
from minigpt.runs import records
from minigpt.runs.config import RunConfig, StartConfig, StartKind
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.runs.store import RunSummary
from minigpt.tokenizers import LOADABLE
from ui.forms.labels import label
from ui.messages import escape
from ui.screens.train.beginning import Beginning, stand_on
from ui.services import runs
from ui.session import form_state, url
from ui.wording import count, loss

KINDS: dict[StartKind, str] = {"fork": "Go on with it", "fine_tune": "Teach it another text"}
RUN_KEY, STEP_KEY, KIND_KEY = "train-from", "train-at", "train-kind"


def from_weights(run_id: str) -> Beginning:
    """Choose the run, the saved step and what shall become of it.

    Raises:
        MiniGPTError: the run is gone or damaged, or has saved nothing.
    """
    run = runs.store().open(run_id)
    best = choose_checkpoint(run, None)
    left, right = st.columns(2)
    with left:
        _choose_run(run)
    with right:
        saved = _choose_step(run, best)
    kind = _choose_kind()
    source = run.config()
    st.caption(promise(kind, saved.step))
    return Beginning(
        key=f"from-{run.id}",
        title=f"{name_of(run)}, {'continued' if kind == 'fork' else 'fine-tuned'}",
        base=source.changed({"training.steps": steps_to_offer(kind, source, saved.step)}),
        source=run,
        start=StartConfig(kind=kind, run=run.id, step=saved.step),
        validation_loss=saved.validation_loss,
    )


def newest_with_weights() -> RunSummary | None:
    """A run that another one can begin with; None where there is none."""
    return next(_with_weights(), None)


def name_of(run: RunDirectory) -> str:
    """What people call a run."""
    return records.text(run.read("meta"), "name") or run.id


def described(saved: Checkpoint) -> str:
    """A saved moment in a line."""
    judged = saved.validation_loss
    words = "" if judged is None else f" · validation loss {loss(judged)}"
    return f"Step {count(saved.step)}{words}"


def describe_weights(beginning: Beginning) -> None:
    """The model and its tokens, which are what they were."""
    run, config = beginning.source, beginning.base
    if run is None:
        return
    judged = beginning.validation_loss
    where = "" if judged is None else f", validation loss **{loss(judged)}**"
    st.markdown(
        f"The same as **{escape(name_of(run))}**, step {count(beginning.start.step or 0)}{where}."
    )
    sizes = [
        f"{label(name).lower()} {count(value)}"
        for name, value in vars(config.model).items()
        if type(value) is int
    ]
    tokens = LOADABLE[config.tokenizer.kind].title.lower()
    st.caption(" · ".join([LADDER[config.rung].title, *sizes, f"tokens: {tokens}"]))


def promise(kind: StartKind, step: int) -> str:
    """What will happen, for somebody who has done neither."""
    if kind == "fork":
        return (
            f"A fork is a new run that goes on from step {count(step)}, on the same text. "
            "Change a setting below to see what it does from there."
        )
    return (
        "Fine-tuning is a new run that counts from 0, but begins with these weights. With a "
        "learning rate of a tenth, the model keeps more of what it knows."
    )


def steps_to_offer(kind: StartKind, source: RunConfig, step: int) -> int:
    """As many as the run had; as many again for one that goes on from its end."""
    steps = source.training.steps
    return steps + step if kind == "fork" and step >= steps else steps


def _with_weights() -> Iterator[RunSummary]:
    for run in runs.runs():
        try:
            if list_checkpoints(runs.store().open(run.id).weights):
                yield run
        except MiniGPTError:  # damaged or just deleted: nothing to begin with
            continue


def _choose_run(run: RunDirectory) -> None:
    names = {run.id: name_of(run)} | {one.id: one.name for one in _with_weights()}
    times = Counter(names.values())
    shown = {one: name if times[name] == 1 else f"{name} · {one}" for one, name in names.items()}
    st.session_state[RUN_KEY] = run.id
    st.selectbox(
        "Run", list(names), key=RUN_KEY, format_func=lambda one: shown.get(one, one),
        on_change=_take_run,
    )  # fmt: skip


def _take_run() -> None:
    kind = form_state.get(url.KIND)
    ground = {url.FROM: st.session_state[RUN_KEY]}
    stand_on(**ground, **({url.KIND: kind} if kind else {}))


def _choose_step(run: RunDirectory, best: Checkpoint) -> Checkpoint:
    saved = {str(one.step): one for one in reversed(list_checkpoints(run.weights))}
    default = str(best.step)
    asked = form_state.get(url.AT) or default
    chosen = asked if asked in saved else default
    st.session_state[STEP_KEY] = chosen
    st.selectbox(
        "Saved moment", list(saved), key=STEP_KEY,
        format_func=lambda one: described(saved[one]) if one in saved else one,
        on_change=form_state.follow, args=(url.AT, STEP_KEY, default),
        help="The weights as they were at that step. The best one is chosen at first.",
    )  # fmt: skip
    return saved[chosen]


def _choose_kind() -> StartKind:
    chosen: StartKind = "fine_tune" if form_state.get(url.KIND) == "fine_tune" else "fork"
    st.session_state[KIND_KEY] = chosen
    st.segmented_control(
        "What next", list(KINDS), key=KIND_KEY, required=True,
        format_func=lambda one: KINDS[one],
        on_change=form_state.follow, args=(url.KIND, KIND_KEY, "fork"),
    )  # fmt: skip
    return chosen
