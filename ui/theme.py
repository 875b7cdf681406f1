"""The colours that mean something, for both themes, and how large text and figures are.

`.streamlit/config.toml` holds the rest.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import streamlit as st

from minigpt.runs.analysis.rules import Kind
from minigpt.runs.status import Status

BadgeColor = Literal["blue", "green", "gray", "red", "orange"]


@dataclass(frozen=True, kw_only=True)
class Palette:
    """One meaning a colour, the same on every page."""

    training_loss: str
    validation_loss: str
    reference: str
    text: str
    faint: str
    on_accent: str
    """Text on a filled button."""
    weights: tuple[str, ...]
    """Sequential, from nothing to everything; by lightness alone, so any eye can read it."""
    differences: tuple[str, ...]
    """Diverging, from below zero to above; zero is the background."""
    runs: tuple[str, ...]
    """Of several runs on one chart. Told apart by every kind of colour vision, 3:1 and more on
    the background; after the last one they begin again with another kind of line."""
    scale: float = 1.0
    """How many times larger than usual figures and the text in them are drawn."""

    def pixels(self, usual: float) -> int:
        """What is so many pixels large at the usual size, in the size that was chosen."""
        return round(usual * self.scale)

    @property
    def text_pixels(self) -> int:
        """The height of letters in a figure."""
        return self.pixels(FIGURE_TEXT_PIXELS)


FIGURE_TEXT_PIXELS = 12
PROJECTOR_TEXT_PIXELS = 20
"""The smallest that can be read from the back row, in text and in figures."""
PAGE_TEXT_SHARE = 0.875
"""Of most text on a page, against the size that the whole page is measured in."""
SIZE_KEY = "is-projected"
"""Where the session holds whether this visitor chose the large size."""


LIGHT = Palette(
    training_loss="#7C8997",
    validation_loss="#1D5FA6",
    reference="#6E695E",
    text="#16181B",
    faint="#DDD9CE",
    on_accent="#FFFFFF",
    weights=("#FCFBF8", "#D6E2EF", "#A5C1DF", "#6B97C8", "#3A6FAC", "#1C4A80", "#0B2647"),
    differences=("#6B3205", "#B5651D", "#E9C7A1", "#FCFBF8", "#A5C1DF", "#3A6FAC", "#0B2647"),
    runs=("#1D5FA6", "#C7600D", "#121317", "#169ACD", "#8A0A0A", "#0D1F71"),
)
DARK = Palette(
    training_loss="#77818D",
    validation_loss="#7DB2F0",
    reference="#9A968C",
    text="#E9E6DF",
    faint="#363A40",
    on_accent="#101214",
    weights=("#16181B", "#1C3047", "#25507C", "#3A77B4", "#66A0DD", "#A3CAF3", "#EDF5FF"),
    differences=("#FCE3C4", "#E0A15E", "#74481D", "#16181B", "#25507C", "#66A0DD", "#EDF5FF"),
    runs=("#7DB2F0", "#E88D72", "#FADD62", "#5D69A8", "#A05C32", "#96FAFA"),
)

# What a run did is gray; whether that was any good, its verdict says in colour.
STATUS_COLORS: dict[Status, BadgeColor] = {
    Status.QUEUED: "gray",
    Status.STARTING: "orange",
    Status.RUNNING: "blue",
    Status.STALLED: "orange",
    Status.PAUSED: "gray",
    Status.FINISHED: "gray",
    Status.STOPPED: "gray",
    Status.FAILED: "red",
    Status.KILLED: "red",
}
STATUS_ICONS: dict[Status, str] = {
    Status.QUEUED: ":material/schedule:",
    Status.STARTING: ":material/hourglass_empty:",
    Status.RUNNING: ":material/play_arrow:",
    Status.STALLED: ":material/hourglass_disabled:",
    Status.PAUSED: ":material/pause:",
    Status.FINISHED: ":material/flag:",
    Status.STOPPED: ":material/stop:",
    Status.FAILED: ":material/error:",
    Status.KILLED: ":material/power_off:",
}

VERDICT_COLORS: dict[Kind, BadgeColor] = {
    Kind.NOT_JUDGED: "gray",
    Kind.LEARNING: "green",
    Kind.DONE: "green",
    Kind.FLAT: "orange",
    Kind.BROKEN: "red",
    Kind.MEMORISING: "orange",
    Kind.UNLIKE: "orange",
    Kind.WORSE: "orange",
}
VERDICT_ICONS: dict[Kind, str] = {
    Kind.NOT_JUDGED: ":material/pending:",
    Kind.LEARNING: ":material/trending_down:",
    Kind.DONE: ":material/check:",
    Kind.FLAT: ":material/trending_flat:",
    Kind.BROKEN: ":material/dangerous:",
    Kind.MEMORISING: ":material/menu_book:",
    Kind.UNLIKE: ":material/balance:",
    Kind.WORSE: ":material/trending_up:",
}

ROOM = """
[data-testid='stMainBlockContainer'] { padding-top: 4.25rem; }
@media (min-width: 640px) {
  [data-testid='stMainBlockContainer'] { padding-left: 3rem; padding-right: 3rem; }
}
"""
"""What one came for stands above the fold of a small laptop."""
QUIET = """
[data-testid='stStatusWidget'] button, [data-testid='stStatusWidgetRunningIcon'] > * {
  display: none;
}
[data-testid='stStatusWidgetRunningIcon']::after {
  content: ''; width: 0.6rem; height: 0.6rem; border-radius: 50%; background: currentColor;
  animation: at-work 1.2s ease-in-out infinite alternate;
}
@keyframes at-work { from { opacity: 0.15; } to { opacity: 0.7; } }
"""
"""That something is being worked out is a dot; what can be stopped has a button on its page."""
NUMBERS = """
:is([data-testid='stMetricLabel'], [data-testid='stMetricValue'], [data-testid='stMetricDelta'])
  :is(div, p) { white-space: normal; overflow: visible; }
[data-testid='stMetricValue'], [data-testid='stTable'] td, [data-testid='stProgress'] {
  font-variant-numeric: tabular-nums;
}
"""
"""Digits are of one width, so that a number that counts up does not tremble; and none is cut."""
LINKS = """
[data-testid='stMain'] .stPageLink { margin-left: -0.5rem; }
[data-testid='stMain'] .stPageLink :is(span, p) { white-space: normal; }
"""
"""A link has a margin for when it is pointed at; its words stand where other words do, and wrap."""
CHOICES = """
[data-testid='stButtonGroup'] button[data-variant='pills'] { height: auto; text-align: left; }
[data-testid='stButtonGroup'] button[data-variant='pills'] * {
  height: auto; white-space: normal; overflow: visible;
}
[class*='st-key-on-from-'] button :is(div, p) { white-space: normal; overflow: visible; }
@media (max-width: 640px) {
  [data-testid='stMain'] [data-testid^='stBaseButton'] :is(div, p) {
    white-space: normal; overflow: visible;
  }
}
"""
"""An answer that is a whole sentence goes on in the next line; so does, on a telephone, what stands
on a button, and everywhere what names the next lesson. All were cut."""
ROWS_OF_CHOICES = """
[data-testid='stButtonGroup'] [role][role] button[data-variant='segmented_control'][role]:not(
  [data-selected], :hover, :focus-visible
) { border-color: COLOR; }
"""
"""Each choice has all its sides. Streamlit takes those beside the chosen one away, which are then
missing where that one ends its row, or begins the next."""
DOORS = """
[class*='st-key-door-'] .stPageLink { margin: 0.25rem 0; width: fit-content; }
[class*='st-key-door-'] .stPageLink a {
  min-height: 2.5rem; padding: 0.25rem 0.75rem; border: 1px solid COLOR; border-radius: 6px;
}
"""
"""Links that lead on from Home look like the button beside them."""


TEXTS = """
.plain-text {
  position: relative; padding: 1rem; border-radius: 6px;
  background: color-mix(in srgb, currentColor 3%, transparent);
  font: 0.875rem/1.6 'JetBrains Mono', 'Source Code Pro', monospace;
}
.plain-text .words { min-height: 1.6em; white-space: pre-wrap; overflow-wrap: break-word; }
.plain-text .words:focus { outline: none; }
.plain-text .corner { position: absolute; top: 0.5rem; right: 0.5rem; z-index: 1; }
.plain-text button {
  width: 1.75rem; height: 1.75rem; padding: 0; border: 0; border-radius: 6px; cursor: pointer;
  color: inherit; background: color-mix(in srgb, currentColor 10%, transparent);
  backdrop-filter: blur(8px); opacity: 0; transition: opacity 0.2s;
}
[data-testid=stHtml]:hover > .plain-text button { opacity: 1; }
.plain-text button:focus-visible, .plain-text button.done { opacity: 1; }
.plain-text button:focus-visible { outline: 2px solid currentColor; }
.plain-text button::before {
  content: ''; display: block; width: 1rem; height: 1rem; margin: auto; background: currentColor;
  mask: url("data:image/svg+xml,COPY") center / contain no-repeat;
}
.plain-text button.done::before { mask-image: url("data:image/svg+xml,DONE"); }
.plain-text [role=status] {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
[data-testid=stHtml]:has(> .plain-text.scrolls) { overflow: auto; border-radius: 6px; }
[data-testid=stHtml]:has(> .plain-text > .words:focus-visible) {
  outline: 2px solid currentColor; outline-offset: -2px;
}
.plain-text.scrolls .corner {
  position: sticky; top: 0.5rem; display: flex; justify-content: flex-end; height: 0;
  margin: -0.5rem -0.5rem 0.5rem 0;
}
@media (hover: none) {
  .plain-text button { opacity: 1; }
  .plain-text[class] .corner { float: right; height: auto; margin: -0.5rem -0.5rem 0 0.5rem; }
  .plain-text:not(.scrolls) .corner { position: static; }
}
"""
"""A text as it is looks as code does. What scrolls is what stays when another text comes there; and
where nothing can be pointed at, the button does not lie on the text."""
SIGN = (
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E%3Cpath d='{}'/%3E%3C/svg%3E"
)
TWO_SHEETS = "M16 1H4a2 2 0 0 0-2 2v14h2V3h12zm3 4H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 \
2-2V7a2 2 0 0 0-2-2zm0 16H8V7h11z"
TICK = "M9 16.2 4.8 12l-1.4 1.4L9 19 21 7l-1.4-1.4z"


MESSAGES = """
.stToastContainer.stToastContainer { top: auto !important; bottom: 1rem; }
"""
"""What was done is told in the lower corner. Above, the message lay on the very buttons of a run,
and stayed there for as long as the pointer rested on it."""


def palette() -> Palette:
    """The colours for the theme this viewer has chosen."""
    colors = DARK if st.context.theme.type == "dark" else LIGHT
    return replace(colors, scale=figure_scale()) if is_projected() else colors


def choose_size(*, projected: bool) -> None:
    """Draw all that follows in this size."""
    st.session_state[SIZE_KEY] = projected


def is_projected() -> bool:
    """Whether text and figures are as large as the back row of a class needs them."""
    return bool(st.session_state.get(SIZE_KEY))


def figure_scale() -> float:
    """How many times larger than usual figures are drawn."""
    return PROJECTOR_TEXT_PIXELS / FIGURE_TEXT_PIXELS if is_projected() else 1.0


def page_pixels(usual: float) -> int:
    """What takes so many pixels on a page of the usual size, such as a row of a table."""
    return round(usual * PROJECTED_PIXELS / USUAL_PIXELS) if is_projected() else round(usual)


USUAL_PIXELS = 16
PROJECTED_PIXELS = math.ceil(PROJECTOR_TEXT_PIXELS / PAGE_TEXT_SHARE)
"""What a page is measured in: `baseFontSize` of the theme, and for the back row."""
LARGE = f"""
:root:root {{ font-size: {PROJECTED_PIXELS}px; }}
[data-testid='stMain'] [data-testid='stHorizontalBlock']:not(
  :has(> :nth-child(4)), :has(.st-key-launch-box)
) > [data-testid='stColumn'] {{ min-width: min(100%, 15rem); }}
[data-testid='stMain'] [data-testid='stColumn'] [data-testid='stHorizontalBlock']:not(
  :has(> :nth-child(4))
) > [data-testid='stColumn'] {{ min-width: min(100%, 9rem); }}
[data-testid='stMain'] [data-testid^='stBaseButton'] :is(div, p) {{
  white-space: normal; overflow: visible;
}}
"""
"""The large size. Where it leaves two columns too little room, as on a projector of 1280 pixels,
one stands below the other, as on a telephone: figures, formulas and numbers were cut side by side.
Rows of four and more hold single numbers, and what starts a training stays beside its settings."""


def draw_style() -> None:
    """What the theme file cannot say."""
    # White on the dark theme's accent would be too faint.
    filled = f"[data-testid='stBaseButton-primary'] * {{ color: {palette().on_accent}; }}"
    # So would the darker accent of an open menu's name.
    opened = f"[data-testid='stPopoverButton'] * {{ color: {palette().text}; }}"
    doors = DOORS.replace("COLOR", palette().faint)
    texts = TEXTS.replace("COPY", SIGN.format(TWO_SHEETS)).replace("DONE", SIGN.format(TICK))
    rows = ROWS_OF_CHOICES.replace("COLOR", palette().faint)
    sizes = LARGE if is_projected() else ""
    st.html(
        f"<style>{filled}{opened}{LINKS}{MESSAGES}{CHOICES}{rows}{doors}{texts}{ROOM}{QUIET}"
        f"{NUMBERS}{sizes}</style>"
    )
