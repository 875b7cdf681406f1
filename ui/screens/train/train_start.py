"""The top of the Train page: what the run begins with."""

import streamlit as st

from minigpt.runs.presets import PRESETS
from minigpt.tokenizers import TOKENIZERS
from ui import messages
from ui.screens.train.beginning import Beginning, stand_on
from ui.screens.train.start import from_weights, name_of, newest_with_weights
from ui.services import runs
from ui.session import form_state, url

DEFAULT_PRESET = "quick"
PRESET_KEY = "train-preset"
FRESH = {"start.kind": "fresh", "start.run": "", "start.step": None}
NO_FILE = {"corpus.path": "", "corpus.sha256": ""}
OWN_CHARACTERS = {"tokenizer.kind": "character", "tokenizer.vocabulary_size": None}


def choose_beginning() -> Beginning:
    """What was chosen at the top of the page; ends the page where a run is gone."""
    origin, like = form_state.get(url.FROM), form_state.get(url.LIKE)
    if origin is None and like is None:
        return _from_preset()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.subheader("A trained run" if origin else "The same again", anchor=False, width="content")
        st.button(
            "Start fresh instead", type="tertiary", icon=":material/close:", key="start-fresh",
            on_click=stand_on, help="From random weights, with a preset.",
        )  # fmt: skip
    with messages.errors_shown():
        return from_weights(origin) if origin else _from_settings(like or "")


def _from_preset() -> Beginning:
    chosen = form_state.get(url.PRESET)
    if chosen not in PRESETS:
        chosen = DEFAULT_PRESET
    st.session_state[PRESET_KEY] = chosen
    st.pills(
        "Preset", list(PRESETS), key=PRESET_KEY, required=True, wrap=True,
        format_func=lambda one: PRESETS[one].title, on_change=_take_preset,
        help="Ready-made settings. Everything below can still be changed.",
    )  # fmt: skip
    preset = PRESETS[chosen]
    st.caption(preset.description)
    _offer_weights()
    return Beginning(key=chosen, title=preset.title, base=preset.config, preset=chosen)


def _take_preset() -> None:
    chosen = st.session_state[PRESET_KEY] or DEFAULT_PRESET
    stand_on(**({} if chosen == DEFAULT_PRESET else {url.PRESET: chosen}))


def _offer_weights() -> None:
    run = newest_with_weights()
    if run is None:
        return
    st.button(
        "Begin with a trained run instead", type="tertiary", icon=":material/call_split:",
        key="begin-with-run", on_click=stand_on, kwargs={url.FROM: run.id},
        help="Go on from a saved step of a run, or teach its model another text.",
    )  # fmt: skip


def _from_settings(run_id: str) -> Beginning:
    run = runs.store().open(run_id)
    name = name_of(run)
    base = run.config().changed({**FRESH, **NO_FILE})
    st.caption(
        f"The settings of **{messages.escape(name)}**, to begin again from random weights. "
        "Change what you like."
    )
    if base.tokenizer.kind not in TOKENIZERS:
        base = base.changed(OWN_CHARACTERS)
        st.caption("Its tokens came with the model and cannot be learnt anew: characters instead.")
    return Beginning(key=f"like-{run.id}", title=f"{name}, again", base=base)
