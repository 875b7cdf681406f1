"""The knobs of generation, and the text as it is written."""

import math
import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.runs.trained_model import TrainedModel
from minigpt.sampling.distribution import SamplingConfig
from minigpt.validation import field_help
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.screens.inspect.attention import default_text
from ui.services.models import written
from ui.services.turns import Waiting
from ui.session import url
from ui.wording import count, number

FLUSH_SECONDS = 0.08
MOST_TOKENS = 2000
FIRST_PROMPT = "ROMEO:"


def first_prompt(trained: TrainedModel) -> str:
    """A beginning that this model can read, for somebody who has not typed one."""
    if not trained.tokenizer.unknown_characters(FIRST_PROMPT):
        return FIRST_PROMPT
    return default_text(trained.tokenizer, trained.model.context_length)


def knobs() -> tuple[SamplingConfig, int, int]:
    """How the next token is drawn, how many there will be, and the seed.

    Raises:
        ConfigurationError: a value is out of range.
    """
    texts = field_help(SamplingConfig)
    columns = st.columns(5)
    temperature = columns[0].slider(
        _("Temperature"), 0.0, 2.0, 0.8, 0.05, help=translated(texts["temperature"]),
        key="temperature", bind="query-params",
    )  # fmt: skip
    with columns[1]:
        top_k = _whole(_("Top-k"), 0, 10_000, 0, 1, "top_k", translated(texts["top_k"]))
    top_p = columns[2].slider(
        _("Top-p"), 0.05, 1.0, 1.0, 0.05, help=translated(texts["top_p"]), key="top_p",
        bind="query-params",
    )  # fmt: skip
    with columns[3]:
        tokens = _whole(
            _("Tokens"), 1, MOST_TOKENS, 200, 50, "tokens", _("How many tokens to add.")
        )
    with columns[4]:
        seed = _whole(_("Seed"), 0, 2**31 - 1, 1337, 1, "seed", _("Equal seeds give equal text."))
    return SamplingConfig(temperature=temperature, top_k=top_k, top_p=top_p), tokens, seed


def _whole(label: str, least: int, most: int, default: int, step: int, key: str, help: str) -> int:
    # Asked for as a number with a fraction: of an address that says "1e400", Streamlit ignores
    # what such a box cannot hold, and fails with one for whole numbers.
    given = st.number_input(
        label, float(least), float(most), float(default), float(step), format="%.0f", help=help,
        key=key, bind="query-params",
    )  # fmt: skip
    return int(given)


def draw_text(
    chosen: ChosenModel, prompt: str, sampling: SamplingConfig, *, tokens: int, seed: int
) -> None:
    """Write the continuation as it is drawn; any click elsewhere ends it.

    Raises:
        MiniGPTError: the prompt is empty or has characters the model does not know.
    """
    # What cannot be read is refused here, before the last output is gone.
    pieces = written(chosen.trained, prompt, sampling, tokens=tokens, seed=seed)
    output, place, note, stop = url.new_output(), st.empty(), st.empty(), st.empty()
    # Pressing it runs the page again, which ends this loop: nothing else has to be done. It is
    # there before the first token, which may have to wait for others.
    stop.button(_("Stop"), icon=":material/stop:", key="stop-generating")
    began, shown, length = time.monotonic(), -math.inf, 0
    for piece in pieces:
        if isinstance(piece, Waiting):
            if length:
                _show(place, output.text)
            note.caption(_waiting(output.note, piece.before))
            continue
        length += 1
        output.text = prompt + piece
        output.note = _note(chosen, length, time.monotonic() - began)
        # The screen can follow a dozen updates a second; more would only slow the model.
        if length == tokens or time.monotonic() - shown > FLUSH_SECONDS:
            _show(place, output.text)
            note.caption(output.note)
            shown = time.monotonic()
    stop.empty()


def _waiting(note: str, before: int) -> str:
    if not note:
        return _("Waiting, {before} before you.", before=count(before))
    return _("{note} Waiting, {before} before you.", note=note, before=count(before))


def show_last() -> None:
    """What was written last, until something new is; else what will be here."""
    output = url.last_output()
    if output.text:
        _show(st.empty(), output.text)
        st.caption(output.note)
    else:
        st.caption(_("What the model writes appears here, token by token."))


def _note(chosen: ChosenModel, length: int, seconds: float) -> str:
    rate = number(length / max(seconds, 1e-6))
    return _(
        "{length} tokens at step {step}, {rate} per second.",
        length=count(length),
        step=count(chosen.step),
        rate=rate,
    )


def _show(place: DeltaGenerator, text: str) -> None:
    # A code block shows every character as it is; Markdown would swallow line breaks.
    place.code(text, language=None, wrap_lines=True)
