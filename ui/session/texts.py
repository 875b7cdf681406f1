"""What this visitor let models write, each text with the settings that it was written with.

It lives as long as the visit: a page that is loaded anew begins without.
"""

import zlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import streamlit as st

from ui.session import url

if TYPE_CHECKING:
    from minigpt.sampling.generate import SampledToken

MOST_TEXTS = 60
MOST_TOKENS = 100_000
"""Of all texts of a visit; the oldest go first, never the newest."""
KEY = "written-texts"


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """What decides texts: equal settings give equal ones."""

    run: str
    step: int
    prompt: str
    temperature: float
    top_k: int
    top_p: float
    tokens: int
    seed: int
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()
    samples: int = 1
    """How many texts; the first has this seed, each of the others the next one."""

    @property
    def mark(self) -> str:
        """What these settings are called in the address: the same for equal ones."""
        return f"{zlib.crc32(repr(astuple(self)).encode('utf-8')):08x}"


@dataclass(frozen=True)
class Branch:
    """One of the texts of the same settings: a sample, or one that somebody led elsewhere."""

    sample: int = 0
    picks: tuple[tuple[int, int], ...] = ()
    """Tokens that somebody chose: the place after the beginning, counted from 0, and the id."""

    def forked(self, place: int, token: int) -> "Branch":
        """The branch that is the same before that place, and has this token there."""
        kept = tuple(pick for pick in self.picks if pick[0] < place)
        return Branch(self.sample, (*kept, (place, token)))

    @property
    def parent(self) -> "Branch":
        """Where it was forked from."""
        return Branch(self.sample, self.picks[:-1])


FIRST = Branch()


@dataclass(kw_only=True)
class WrittenText:
    """A text, filled while it grows.

    Once a visitor presses Stop nothing can be put into the session any more, but what is in it
    already has been changed by then.
    """

    settings: TextSettings
    branch: Branch = FIRST
    model: str
    """The run's name when it wrote this."""
    text: str = ""
    """The beginning and what followed, up to a stop string."""
    tokens: "list[SampledToken]" = field(default_factory=list)
    """All that were drawn so far."""
    taken_over: int = 0
    """How many of them come from the text that this one was forked from."""
    seconds: float = 0.0
    """What the others took."""
    has_ended: bool = False
    """Whether a stop string came."""
    shall_go_on: bool = False
    """Whether its reader wants more of it, after it was stopped."""

    @property
    def continuation(self) -> str:
        """The text without the beginning that was given to the model."""
        return self.text[len(self.settings.prompt) :]

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left to be written."""
        return self.has_ended or len(self.tokens) >= self.settings.tokens

    @property
    def seed(self) -> int:
        """Where its random numbers begin."""
        return self.settings.seed + self.branch.sample


def begin_text(settings: TextSettings, model: str, branch: Branch = FIRST) -> WrittenText:
    """An empty text in front of all others, in place of the one with the same settings."""
    text = WrittenText(settings=settings, model=model, branch=branch)
    others = [one for one in _kept() if (one.settings, one.branch) != (settings, branch)]
    kept, tokens = [text], 0
    for one in others[: MOST_TEXTS - 1]:
        tokens += len(one.tokens)
        if tokens <= MOST_TOKENS:
            kept.append(one)
    st.session_state[KEY] = kept
    return text


def forget_texts(settings: TextSettings) -> None:
    """Let texts of these settings be written anew."""
    st.session_state[KEY] = [one for one in _kept() if one.settings != settings]


def text_of(settings: TextSettings, branch: Branch) -> WrittenText | None:
    """What was begun with these settings in this visit, if anything."""
    found = (one for one in _kept() if (one.settings, one.branch) == (settings, branch))
    return next(found, None)


def written_texts() -> Sequence[WrittenText]:
    """All that has been written in this visit, newest first; of each, what is there of it."""
    return [one for one in _kept() if one.tokens]


def _kept() -> list[WrittenText]:
    kept: list[WrittenText] = st.session_state.get(KEY) or []
    return kept


def restore_settings(settings: TextSettings, *without: str, **more: object) -> None:
    """Put the page of generation back to these settings. For the callback of a button.

    Args:
        settings: What shall be written.
        without: What the address shall say no more.
        more: What else it shall say.
    """
    shown = {url.RUN: settings.run, url.STEP: settings.step, url.PROMPT: settings.prompt}
    url.write_choices(*without, **shown, **{url.WRITTEN: settings.mark}, **more)
    for name in KNOBS:
        st.session_state[name] = float(getattr(settings, name))  # as boxes for numbers hold them
    st.session_state[STOP] = stop_lines(settings.stop)


KNOBS = (
    "temperature", "top_k", "top_p", "tokens", "seed", "min_p", "repetition_penalty", "samples",
)  # fmt: skip
STOP = "stop"
"""Widgets that carry these names, and the address with them."""


def stop_lines(stop: Sequence[str]) -> str:
    r"""Stop strings as people write them: one a line, a line break in them as \n.

    >>> stop_lines(("\n\n", "END"))
    '\\n\\n\nEND'
    """
    return "\n".join(one.replace("\\", "\\\\").replace("\n", "\\n") for one in stop)


def read_stop_lines(lines: str) -> tuple[str, ...]:
    r"""What people wrote, as stop strings; empty lines are none.

    >>> read_stop_lines("\\n\\n\n\nEND")
    ('\n\n', 'END')
    """
    found = (line.replace("\\\\", "\0") for line in lines.split("\n") if line)
    return tuple(one.replace("\\n", "\n").replace("\0", "\\") for one in found)
