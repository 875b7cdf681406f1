"""One text with the settings that it was written with, and how to take it home."""

from dataclasses import asdict

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.i18n import _
from ui.messages import escape
from ui.session.texts import WrittenText
from ui.wording import count, number


def show_text(place: DeltaGenerator, text: str) -> None:
    """A text as it is."""
    # A code block shows every character as it is; Markdown would swallow line breaks.
    place.code(text, language=None, wrap_lines=True)


def tell(text: WrittenText) -> None:
    """How long a text is and how it was written."""
    st.caption(progress(text))
    tell_settings(text)


def tell_settings(text: WrittenText) -> None:
    """How a text was written."""
    st.caption(escape(settings_in_words(text)))


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


def progress(output: WrittenText) -> str:
    """How much of a text there is, and how fast it came."""
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


def download(text: WrittenText, place: int | None = None) -> None:
    """A button that saves a text; `place` tells it from those of other texts."""
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
