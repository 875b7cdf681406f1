"""A text as it is written."""

import math
import time

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.sampling.distribution import SamplingConfig
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _
from ui.screens.generate.earlier import show_earlier
from ui.screens.generate.knobs import choose_prompt, knobs
from ui.screens.generate.one_text import download, progress, show_text, tell, tell_settings
from ui.services import runs
from ui.services.turns import Waiting
from ui.services.writing import written
from ui.session.texts import TextSettings, WrittenText, begin_text, written_texts
from ui.wording import count

FLUSH_SECONDS = 0.08


def show(chosen: ChosenModel) -> None:
    """The beginning, the knobs, the text, and what was written before."""
    prompt = choose_prompt(chosen)
    asked = None
    try:
        sampling, tokens, seed = knobs()
        known = chosen.trained.tokenizer.known_form(prompt)
        asked = settings_of(chosen, known, sampling, tokens=tokens, seed=seed)
        if st.button(
            _("Generate"), type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"
        ):
            draw_text(chosen, asked)
        else:
            show_written(asked)
    except MiniGPTError as error:
        messages.show_error(error)
    show_earlier(asked)


def settings_of(
    chosen: ChosenModel, prompt: str, sampling: SamplingConfig, *, tokens: int, seed: int
) -> TextSettings:
    """All that decides the text that would be written now."""
    return TextSettings(
        run=chosen.run_id, step=chosen.step, prompt=prompt, temperature=sampling.temperature,
        top_k=sampling.top_k, top_p=sampling.top_p, tokens=tokens, seed=seed,
    )  # fmt: skip


def draw_text(chosen: ChosenModel, settings: TextSettings) -> None:
    """Write the continuation as it is drawn; any click elsewhere ends it, and it stays.

    Raises:
        MiniGPTError: the prompt has characters the model does not know, or is empty and the model
            knows no line break to begin after.
    """
    sampling = SamplingConfig(
        temperature=settings.temperature, top_k=settings.top_k, top_p=settings.top_p
    )
    # What cannot be read is refused here, before anything is put in front of the other texts.
    pieces = written(
        chosen.trained, settings.prompt, sampling, tokens=settings.tokens, seed=settings.seed
    )
    output = begin_text(settings, runs.snapshot(chosen.run_id).summary.name)
    place, note, stop = st.empty(), st.empty(), st.empty()
    # Pressing it runs the page again, which ends this loop: nothing else has to be done. It is
    # there before the first token, which may have to wait for others.
    stop.button(_("Stop"), icon=":material/stop:", key="stop-generating")
    began, shown = time.monotonic(), -math.inf
    for piece in pieces:
        if isinstance(piece, Waiting):
            if output.length:
                show_text(place, output.text)
            note.caption(_waiting(output, piece.before))
            continue
        output.text, output.length = settings.prompt + piece, output.length + 1
        output.seconds = time.monotonic() - began
        # The screen can follow a dozen updates a second; more would only slow the model.
        if output.length == settings.tokens or time.monotonic() - shown > FLUSH_SECONDS:
            show_text(place, output.text)
            note.caption(progress(output))
            shown = time.monotonic()
    stop.empty()
    tell_settings(output)
    download(output)


def show_written(settings: TextSettings) -> None:
    """What was written with these settings in this visit; else what will be here."""
    for text in written_texts():
        if text.settings == settings:
            show_text(st.empty(), text.text)
            tell(text)
            return download(text)
    st.caption(_("What the model writes with these settings appears here, token by token."))
    return None


def _waiting(output: WrittenText, before: int) -> str:
    if not output.length:
        return _("Waiting, {before} before you.", before=count(before))
    note = progress(output)
    return _("{note} Waiting, {before} before you.", note=note, before=count(before))
