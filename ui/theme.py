"""The colours that mean something, for both themes. `.streamlit/config.toml` holds the rest."""

from dataclasses import dataclass
from typing import Literal

import streamlit as st

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
    runs: tuple[str, ...]
    """Of several runs on one chart. Told apart by every kind of colour vision, 3:1 and more on
    the background; after the last one they begin again with another kind of line."""


LIGHT = Palette(
    training_loss="#7C8997",
    validation_loss="#1D5FA6",
    reference="#6E695E",
    text="#16181B",
    faint="#DDD9CE",
    on_accent="#FFFFFF",
    weights=("#FCFBF8", "#D6E2EF", "#A5C1DF", "#6B97C8", "#3A6FAC", "#1C4A80", "#0B2647"),
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
    runs=("#7DB2F0", "#E88D72", "#FADD62", "#5D69A8", "#A05C32", "#96FAFA"),
)

STATUS_COLORS: dict[Status, BadgeColor] = {
    Status.QUEUED: "gray",
    Status.STARTING: "orange",
    Status.RUNNING: "blue",
    Status.STALLED: "orange",
    Status.PAUSED: "gray",
    Status.FINISHED: "green",
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
    Status.FINISHED: ":material/check:",
    Status.STOPPED: ":material/stop:",
    Status.FAILED: ":material/error:",
    Status.KILLED: ":material/power_off:",
}


LINKS = """
[data-testid='stMain'] .stPageLink { margin-left: -0.5rem; }
[data-testid='stMain'] .stPageLink :is(span, p) { white-space: normal; }
"""
"""A link has a margin for when it is pointed at; its words stand where other words do, and wrap."""


def palette() -> Palette:
    """The colours for the theme this viewer has chosen."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def draw_style() -> None:
    """What the theme file cannot say."""
    # White on the dark theme's accent would be too faint.
    filled = f"[data-testid='stBaseButton-primary'] * {{ color: {palette().on_accent}; }}"
    # So would the darker accent of an open menu's name.
    opened = f"[data-testid='stPopoverButton'] * {{ color: {palette().text}; }}"
    st.html(f"<style>{filled}{opened}{LINKS}</style>")
