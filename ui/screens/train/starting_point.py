"""The top of the Train page: what a form starts from, and which part of the address is the form's.

That is a preset, the settings of another run, or the weights of one.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import streamlit as st

from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
from minigpt.errors import MiniGPTError
from minigpt.jobs.estimate.analytic import typical_seconds
from minigpt.models import LADDER
from minigpt.runs.config import SECTIONS, RunConfig, StartConfig, StartKind
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunSummary
from minigpt.sentences import N_
from minigpt.tokenizers import LOADABLE, TOKENIZERS
from minigpt.wording import rough_duration
from ui import messages, pickers
from ui.forms.labels import label
from ui.i18n import _, translated
from ui.messages import escape
from ui.screens.run.checkpoints import checkpoint_title
from ui.services import runs
from ui.session import url
from ui.session.form_state import current_form
from ui.wording import count, loss

PAGE = "train"
START_KEYS = frozenset({url.PRESET, url.LIKE, url.FROM, url.AT, url.KIND})
"""What the address calls the choices of where a form starts; a new start drops its settings."""
PAGE_KEYS = START_KEYS | {url.CORPUS, url.NAME}


FIRST_PRESET: Mapping[str, str] = {}
"""What the address says of the form that everybody starts from: nothing."""


@dataclass(frozen=True, kw_only=True)
class StartingPoint:
    """A preset, another run's settings, or another run's weights."""

    key: str
    """Of the form's widgets: forms that start from different things are different forms."""
    title: str
    """What a run that changes nothing would be called."""
    base: RunConfig
    """What an untouched form means."""
    preset: str | None = None
    source: RunDirectory | None = None
    """The run whose weights are taken; None for random ones."""
    start: StartConfig = field(default_factory=StartConfig)
    """Which of its weights, and what for."""
    validation_loss: float | None = None
    """How good those weights are, in nats per token."""

    @property
    def keeps_text(self) -> bool:
        """Whether the text cannot be chosen, because a fork goes on reading the same one."""
        return self.start.kind == "fork"


def is_setting(name: str) -> bool:
    """Whether a name in the address is a field of the form, such as "training.steps"."""
    section, dot, setting = name.partition(".")
    return name == "seed" or (bool(dot) and section in SECTIONS and setting.isidentifier())


def is_page_key(name: str) -> bool:
    """Whether a name in the address is a choice of the Train page."""
    return name in PAGE_KEYS or is_setting(name)


def describes_form(name: str) -> bool:
    """Whether an address with this in it describes a whole form, and not one choice."""
    return name in START_KEYS or is_setting(name)


def restart_form(start: Mapping[str, str] = FIRST_PRESET) -> None:
    """Go back to an untouched form that starts from this; the text and the run's name stay.

    Args:
        start: what the address shall say of it, by START_KEYS; nothing for the first preset.
    """
    current_form().replace_values(describes_form, start)


KINDS: dict[StartKind, str] = {
    "fork": N_("Go on with it"),
    "fine_tune": N_("Teach it another text"),
}
RUN_KEY, STEP_KEY, KIND_KEY = "train-from", "train-at", "train-kind"


def from_weights(run_id: str) -> StartingPoint:
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
    st.caption(start_promise(kind, saved.step))
    return StartingPoint(
        key=f"from-{run.id}",
        title=_("{name}, continued", name=run.name())
        if kind == "fork"
        else _("{name}, fine-tuned", name=run.name()),
        base=source.changed({"training.steps": steps_to_offer(kind, source, saved.step)}),
        source=run,
        start=StartConfig(kind=kind, run=run.id, step=saved.step),
        validation_loss=saved.validation_loss,
    )


def newest_with_weights() -> RunSummary | None:
    """A run that another one can begin with; None where there is none."""
    return next(_with_weights(), None)


def describe_weights(starting_point: StartingPoint) -> None:
    """The model and its tokens, which are what they were."""
    run, config = starting_point.source, starting_point.base
    if run is None:
        return
    judged = starting_point.validation_loss
    name, step = escape(run.name()), count(starting_point.start.step or 0)
    if judged is None:
        st.markdown(_("The same as **{name}**, step {step}.", name=name, step=step))
    else:
        st.markdown(
            _(
                "The same as **{name}**, step {step}, validation loss **{judged}**.",
                name=name,
                step=step,
                judged=loss(judged),
            )
        )
    sizes = [
        f"{label(name).lower()} {count(value)}"
        for name, value in vars(config.model).items()
        if type(value) is int
    ]
    tokens = translated(LOADABLE[config.tokenizer.kind].title).lower()
    st.caption(
        " · ".join(
            [translated(LADDER[config.rung].title), *sizes, _("tokens: {tokens}", tokens=tokens)]
        )
    )


def start_promise(kind: StartKind, step: int) -> str:
    """What will happen, for somebody who has done neither."""
    if kind == "fork":
        return _(
            "A fork is a new run that goes on from step {step}, on the same text. Change a "
            "setting below to see what it does from there.",
            step=count(step),
        )
    return _(
        "Fine-tuning is a new run that counts from 0, but begins with these weights. With a "
        "learning rate of a tenth, the model keeps more of what it knows."
    )


def steps_to_offer(kind: StartKind, source: RunConfig, step: int) -> int:
    """As many as the run had; as many again for one that goes on from its end."""
    steps = source.training.steps
    return steps + step if kind == "fork" and step >= steps else steps


def _with_weights() -> Iterator[RunSummary]:
    for run in runs.all_runs():
        try:
            if list_checkpoints(runs.store().open(run.id).weights):
                yield run
        except MiniGPTError:  # damaged or just deleted: nothing to begin with
            continue


def _choose_run(run: RunDirectory) -> None:
    names = {run.id: run.name()} | {one.id: one.name for one in _with_weights()}
    st.session_state[RUN_KEY] = run.id
    pickers.select_box(
        _("Run"), list(names), key=RUN_KEY, show=names.__getitem__, on_change=_take_run
    )


def _take_run() -> None:
    start = {url.FROM: st.session_state[RUN_KEY]}
    if kind := current_form().get_value(url.KIND):
        start[url.KIND] = kind
    restart_form(start)


def _choose_step(run: RunDirectory, best: Checkpoint) -> Checkpoint:
    saved = {str(one.step): one for one in reversed(list_checkpoints(run.weights))}
    default = str(best.step)
    asked = current_form().get_value(url.AT) or default
    chosen = asked if asked in saved else default
    st.session_state[STEP_KEY] = chosen
    pickers.select_box(
        _("Checkpoint"),
        list(saved),
        show=lambda step: checkpoint_title(saved[step]),
        help=_("The weights as they were at that step. The best one is chosen at first."),
        **current_form().bind_widget(url.AT, STEP_KEY, default),
    )
    return saved[chosen]


def _choose_kind() -> StartKind:
    chosen: StartKind = "fine_tune" if current_form().get_value(url.KIND) == "fine_tune" else "fork"
    st.session_state[KIND_KEY] = chosen
    titles: dict[str, str] = {kind: translated(title) for kind, title in KINDS.items()}
    pickers.button_row(
        _("What next"),
        list(titles),
        show=titles.__getitem__,
        **current_form().bind_widget(url.KIND, KIND_KEY, "fork"),
    )
    return chosen


DEFAULT_PRESET = "quick"
PRESET_KEY = "train-preset"
FRESH = {"start.kind": "fresh", "start.run": "", "start.step": None}
NO_FILE = {"corpus.path": "", "corpus.sha256": ""}
"""A text of the library, and none that lies somewhere as a large file."""
OWN_CHARACTERS = {"tokenizer.kind": "character", "tokenizer.vocabulary_size": None}


def choose_starting_point() -> StartingPoint:
    """What was chosen at the top of the page; ends the page where a run is gone."""
    form = current_form()
    origin, like = form.get_value(url.FROM), form.get_value(url.LIKE)
    if origin is None and like is None:
        return _from_preset()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.subheader(
            _("A trained run") if origin else _("The same again"), anchor=False, width="content"
        )
        st.button(
            _("Start fresh instead"), type="tertiary", icon=":material/close:", key="start-fresh",
            on_click=restart_form, help=_("From random weights, with a preset."),
        )  # fmt: skip
    with messages.errors_shown():
        return from_weights(origin) if origin else _from_settings(like or "")


def _from_preset() -> StartingPoint:
    chosen = current_form().get_value(url.PRESET)
    if chosen not in PRESETS:
        chosen = DEFAULT_PRESET
    st.session_state[PRESET_KEY] = chosen
    times = {name: typical_seconds(preset.config) for name, preset in PRESETS.items()}
    pickers.pills(
        _("Preset"), sorted(times, key=lambda name: times[name] or math.inf), key=PRESET_KEY,
        show=lambda name: preset_title(name, times[name]), on_change=_take_preset,
        help=_("Ready-made settings, the fastest first; the time is a rough guess for this machine "
        "when it is quiet. Everything below can still be changed."),
    )  # fmt: skip
    preset = PRESETS[chosen]
    st.caption(translated(preset.description))
    _offer_weights()
    return StartingPoint(
        key=chosen, title=translated(preset.title), base=preset.config, preset=chosen
    )


def preset_title(name: str, seconds: float | None) -> str:
    """A preset by its name and about how long it takes, such as "Quick · 30 s"."""
    title = translated(PRESETS[name].title)
    return title if seconds is None else f"{title} · {translated(rough_duration(seconds))}"


def _take_preset() -> None:
    chosen = st.session_state[PRESET_KEY] or DEFAULT_PRESET
    restart_form(FIRST_PRESET if chosen == DEFAULT_PRESET else {url.PRESET: chosen})


def _offer_weights() -> None:
    run = newest_with_weights()
    if run is None:
        return
    st.button(
        _("Begin with a trained run instead"), type="tertiary", icon=":material/call_split:",
        key="begin-with-run", on_click=restart_form, args=({url.FROM: run.id},),
        help=_("Go on from a saved step of a run, or teach its model another text."),
    )  # fmt: skip


def _from_settings(run_id: str) -> StartingPoint:
    run = runs.store().open(run_id)
    name = run.name()
    base = run.config().changed({**FRESH, **NO_FILE})
    st.caption(
        _(
            "The settings of **{name}**, to begin again from random weights. Change what you like.",
            name=messages.escape(name),
        )
    )
    if base.tokenizer.kind not in TOKENIZERS:
        base = base.changed(OWN_CHARACTERS)
        st.caption(
            _("Its tokens came with the model and cannot be learnt anew: characters instead.")
        )
    return StartingPoint(key=f"like-{run.id}", title=_("{name}, again", name=name), base=base)
