"""The bar that plays a film of a training: curve, slider and button. It moves in the browser."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from minigpt.runs.analysis.curves import Curve
from ui.components.drawing import register_component, when_chosen
from ui.i18n import _
from ui.services.film import SharedFilm
from ui.theme import palette
from ui.wording import count

HTML = """
<div class="root film-bar"><button type="button"><span class="icon" aria-hidden="true"></span>
<span class="label"></span></button><div class="track"><canvas role="img"></canvas>
<input type="range" min="0" step="1"></div><span class="at"></span></div>
"""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where the bar can stand: at every frame, and at every step whose weights are kept."""

    steps: tuple[int, ...]
    frames: tuple[int, ...]
    """The places of the film's frames, one for each, in order."""
    kept: tuple[int, ...]
    """The places of steps whose weights are kept."""

    @classmethod
    def of(cls, shared: SharedFilm, kept: Sequence[int]) -> "Places":
        """Those of a film, of a run with these kept steps."""
        steps = tuple(sorted({*shared.film.steps, *kept}))
        at = {step: place for place, step in enumerate(steps)}
        return cls(
            steps=steps,
            frames=tuple(at[step] for step in shared.film.steps),
            kept=tuple(at[step] for step in sorted(kept)),
        )


def film_bar(
    shared: SharedFilm,
    places: Places,
    now: int,
    *,
    key: str,
    group: str,
    curve: Curve,
    on_choose: Callable[[int], None],
) -> None:
    """Draw the bar; the tiles and the strip of its group follow while it moves.

    Frames are sent once somebody plays or drags.

    Args:
        shared: What is played.
        places: Where the bar can stand.
        now: The place that the page is about.
        key: Of this bar on its page.
        group: The tiles'.
        curve: The validation loss by step.
        on_choose: Called with the step where it came to rest.
    """
    bar = register_component("film_bar", HTML)
    bar(
        key=key,
        data=_data(shared, places, curve, first=st.session_state.get(f"{key}-first"))
        | {"group": group, "now": now},
        on_chosen_change=when_chosen(
            key, [len(places.steps)], lambda place: on_choose(places.steps[place])
        ),
        on_wanted_change=lambda: _load(key, len(shared.packed)),
    )


def _data(
    shared: SharedFilm, places: Places, curve: Curve, *, first: int | None
) -> dict[str, object]:
    colors = palette()
    return {
        "film": f"{hash(shared.film.ids)} {shared.film.steps[0]}",
        "steps": list(places.steps),
        "labels": [count(step) for step in places.steps],
        "places": list(places.frames),
        "kept": list(places.kept),
        "first": first or 0,
        "frames": None if first is None else list(shared.packed[first:]),
        "curve": _drawn(curve, places.steps),
        "colours": {
            "curve": colors.validation_loss, "quiet": colors.reference, "faint": colors.faint,
        },
        "textScale": colors.scale,
        "words": _words(places),
    }  # fmt: skip


def _load(key: str, frames: int) -> None:
    wanted = getattr(st.session_state[key], "wanted", None)
    if isinstance(wanted, int) and not isinstance(wanted, bool) and 0 <= wanted < frames:
        st.session_state[f"{key}-first"] = wanted


def _drawn(curve: Curve, steps: Sequence[int]) -> list[list[float]]:
    """The curve over places: what was measured between two steps lies between them."""
    shown = [(step, value) for step, value in curve if step <= steps[-1]]
    at = np.interp([step for step, _value in shown], steps, range(len(steps))).tolist()
    return [[round(x, 3), value] for x, (_step, value) in zip(at, shown, strict=True)]


def _words(places: Places) -> dict[str, str]:
    return {
        "play": _("Play"),
        "stop": _("Stop"),
        "title": _("validation loss by step"),
        "slider": _("Step of its training"),
        "at": _(
            "step {step} · {place} of {all}", step="{step}", place="{place}", all="{all}"
        ),
        "explanation": _(
            "Plays what every head looked at in this text while the model was trained. Steps are "
            "at even distances here, however far apart they are; a circle is a step whose weights "
            "are kept."
        ),
        "curve": _(
            "Validation loss over {count} steps of the training. The slider below chooses one.",
            count=len(places.steps),
        ),
    }  # fmt: skip
