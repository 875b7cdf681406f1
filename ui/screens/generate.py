"""The knobs of generation, and the text as it is written."""

import math
import time
from dataclasses import asdict

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.sampling.distribution import SamplingConfig
from minigpt.validation import field_help
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.messages import escape
from ui.screens.inspect.attention import default_text
from ui.services import runs, texts
from ui.services.models import written
from ui.services.turns import Waiting
from ui.session.texts import (
    TextSettings,
    WrittenText,
    begin_text,
    restore_settings,
    written_texts,
)
from ui.wording import count, number

FLUSH_SECONDS = 0.08
LONGEST_LABEL = 120
EARLIER = "earlier-texts"
# Paler, so that nobody takes it for what the settings above would write; still easy to read.
STYLE = f"<style>.st-key-{EARLIER} [data-testid=stCode] {{ opacity: 0.72; }}</style>"
MOST_TOKENS = 2000


def first_prompt(chosen: ChosenModel) -> str:
    """A beginning from the run's own text, for somebody who has not typed one."""
    found = texts.example(chosen.run_id)
    return found.prompt if found else default_text(chosen, chosen.trained.model.context_length)


def show_beginning(chosen: ChosenModel, prompt: str) -> None:
    """What the model begins with where nobody gave it a beginning."""
    if note := chosen.trained.beginning_note(prompt):
        st.caption(escape(translated(note)))


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
                _show(place, output.text)
            note.caption(_waiting(output, piece.before))
            continue
        output.text, output.length = settings.prompt + piece, output.length + 1
        output.seconds = time.monotonic() - began
        # The screen can follow a dozen updates a second; more would only slow the model.
        if output.length == settings.tokens or time.monotonic() - shown > FLUSH_SECONDS:
            _show(place, output.text)
            note.caption(_progress(output))
            shown = time.monotonic()
    stop.empty()
    _tell_settings(output)
    _download(output)


def show_written(settings: TextSettings) -> None:
    """What was written with these settings in this visit; else what will be here."""
    for text in written_texts():
        if text.settings == settings:
            _show(st.empty(), text.text)
            st.caption(_progress(text))
            _tell_settings(text)
            return _download(text)
    st.caption(_("What the model writes with these settings appears here, token by token."))
    return None


def show_earlier(settings: TextSettings | None) -> None:
    """What was written with other settings: the newest in full, the others folded, all paler."""
    earlier = [text for text in written_texts() if text.settings != settings]
    if not earlier:
        return
    st.html(STYLE)
    with st.container(key=EARLIER):
        st.subheader(_("Written before, with other settings"), anchor=False)
        _show_one_earlier(earlier[0], 0)
        for place, text in enumerate(earlier[1:], start=1):
            words = f"{settings_in_words(text)} · {text.text[len(text.settings.prompt) :]}"
            with st.expander(escape(" ".join(words.split())[:LONGEST_LABEL])):
                _show_one_earlier(text, place)


def _show_one_earlier(text: WrittenText, place: int) -> None:
    _show(st.empty(), text.text)
    st.caption(_progress(text))
    _tell_settings(text)
    with st.container(horizontal=True):
        st.button(
            _("Use these settings"), icon=":material/undo:", key=f"restore-{place}",
            on_click=restore_settings, args=(text.settings,),
        )  # fmt: skip
        _download(text, place)


def settings_in_words(text: WrittenText) -> str:
    """Which model wrote it, at which step, and how."""
    settings = text.settings
    words = [
        text.model,
        _("step {step}", step=count(settings.step)),
        _("temperature {temperature:g}", temperature=settings.temperature),
    ]
    if settings.top_k:
        words.append(_("top-k {top_k}", top_k=count(settings.top_k)))
    if settings.top_p < 1:
        words.append(_("top-p {top_p:g}", top_p=settings.top_p))
    return " · ".join([*words, _("seed {seed}", seed=settings.seed)])


def _tell_settings(text: WrittenText) -> None:
    st.caption(escape(settings_in_words(text)))


def _download(text: WrittenText, place: int | None = None) -> None:
    st.download_button(
        _("Download"), lambda: text_file(text), icon=":material/download:", on_click="ignore",
        file_name=f"{text.settings.run}-step-{text.settings.step}.txt", mime="text/plain",
        key=f"download-{place}",
    )  # fmt: skip


def text_file(text: WrittenText) -> bytes:
    """The text and, below it, what it takes to have it written once more."""
    values = {"model": text.model, **asdict(text.settings)}
    lines = (f"{name}: {value!r}" for name, value in values.items())
    return "\n".join([text.text, "", "---", *lines, ""]).encode("utf-8")


def _waiting(output: WrittenText, before: int) -> str:
    if not output.length:
        return _("Waiting, {before} before you.", before=count(before))
    note = _progress(output)
    return _("{note} Waiting, {before} before you.", note=note, before=count(before))


def _progress(output: WrittenText) -> str:
    rate = number(output.length / max(output.seconds, 1e-6))
    step, length = count(output.settings.step), count(output.length)
    if output.length < output.settings.tokens:
        return _(
            "{length} of {tokens} tokens at step {step}, {rate} per second.",
            length=length, tokens=count(output.settings.tokens), step=step, rate=rate,
        )  # fmt: skip
    return _(
        "{length} tokens at step {step}, {rate} per second.", length=length, step=step, rate=rate
    )


def _show(place: DeltaGenerator, text: str) -> None:
    # A code block shows every character as it is; Markdown would swallow line breaks.
    place.code(text, language=None, wrap_lines=True)
