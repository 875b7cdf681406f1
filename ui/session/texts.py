"""What this visitor let models write, each text with the settings that it was written with.

It lives as long as the visit: a page that is loaded anew begins without.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ui.session import url

MOST_TEXTS = 20
MOST_CHARACTERS = 200_000
"""Of all texts of a visitor; the oldest go first, never the newest."""
KEY = "written-texts"


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """What decides a text: equal settings give an equal one."""

    run: str
    step: int
    prompt: str
    temperature: float
    top_k: int
    top_p: float
    tokens: int
    seed: int


@dataclass(kw_only=True)
class WrittenText:
    """A text, filled while it grows.

    Once a visitor presses Stop nothing can be put into the session any more, but what is in it
    already has been changed by then.
    """

    settings: TextSettings
    model: str
    """The run's name when it wrote this."""
    text: str = ""
    length: int = 0
    """Tokens so far."""
    seconds: float = 0.0


def begin_text(settings: TextSettings, model: str) -> WrittenText:
    """An empty text in front of all others, in place of one with the same settings."""
    text = WrittenText(settings=settings, model=model)
    others = [one for one in written_texts() if one.settings != settings]
    kept, characters = [text], 0
    for one in others[: MOST_TEXTS - 1]:
        characters += len(one.text)
        if characters <= MOST_CHARACTERS:
            kept.append(one)
    st.session_state[KEY] = kept
    return text


def written_texts() -> Sequence[WrittenText]:
    """All that has been written in this visit, newest first; of each, what is there of it."""
    kept: list[WrittenText] = st.session_state.get(KEY) or []
    return [one for one in kept if one.length]


def restore_settings(settings: TextSettings) -> None:
    """Put the page of generation back to these settings. For the callback of a button."""
    url.put_in_url(url.RUN, settings.run)
    url.put_in_url(url.STEP, settings.step)
    url.put_in_url(url.PROMPT, settings.prompt)
    for name in KNOBS:
        st.session_state[name] = float(getattr(settings, name))  # as boxes for numbers hold them


KNOBS = ("temperature", "top_k", "top_p", "tokens", "seed")
"""Widgets that carry these names, and the address with them."""
