"""The same text step by step through a training, one after the other, under its curve.

Of one text the run kept what every head looked at while it trained: these frames are played in the
browser, between them the kept steps. Of any other text there are the weights of the kept steps.
While those are played, only the top of the page is drawn, once for each step. Nothing is written
to the address until it stops: a step that nobody chose is no place to go back to.
"""

import time
from dataclasses import dataclass
from typing import Any, NoReturn

import streamlit as st

from minigpt.checkpoints.choice import nearest_kept
from minigpt.errors import MiniGPTError
from minigpt.introspection.ablation import heads_shape
from ui.charts.film import film_chart
from ui.components.film_bar import Places, film_bar
from ui.components.glossary import meaning_of
from ui.components.model_picker import ChosenModel, choose_model
from ui.i18n import _
from ui.screens.inspect.attention import choose_text, show_introduction
from ui.screens.inspect.overview import GROUP, Frame, chosen_flow, show_overview, view_from_address
from ui.services.film import SharedFilm, film
from ui.services.heads import largest_flow
from ui.services.models import trace_of, trained_model
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.session.unheard import draw_anew
from ui.theme import palette
from ui.wording import count

FRAME_SECONDS = 1.0
EARLY = 0.2
"""A timer's tick may come early by this share of the time for a frame."""
CHART_HEIGHT = 56
FILM, CURVE, CLICKS = "film", "film-curve", "film-clicks"
"""Keys of the session: the film that plays, the curve, and how often a mark on it was chosen."""
OF_THE_FILM = (url.RUN, url.STEP, url.TEXT)
"""Whoever changes one of these in the address wants something else than the film."""


@dataclass
class Film:
    """A film that plays."""

    steps: tuple[str, ...]
    place: int
    began_with: dict[str, str | None]
    """What the address said when it began."""
    turned_at: float
    """When the frame that is shown came on, in seconds of `time.monotonic`."""
    seen: str
    """The step that was last drawn to its end, which one that is drawn now is not yet."""

    @property
    def step(self) -> str:
        """The one that is shown."""
        return self.steps[self.place]

    def turn(self) -> bool:
        """Go to the next frame if its time has come; False after the last one."""
        now = time.monotonic()
        if now - self.turned_at < (1 - EARLY) * FRAME_SECONDS:
            return True  # somebody chose a head or a token meanwhile
        if self.place == len(self.steps) - 1:
            return False
        self.place, self.turned_at = self.place + 1, now
        return True


def playing_film() -> Film | None:
    """The film that plays for this visitor."""
    film: Film | None = st.session_state.get(FILM)
    return film


def choose_frame(run: RunSnapshot, steps: list[str], default: str) -> str:
    """The curve over the slider of steps, and the button that plays them."""
    if shared := film_of_text(run.summary.id):
        return _choose_from_frames(run, shared, steps, default)
    film = playing_film()
    film = film if film and film.steps == tuple(steps) else None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        button = st.empty()
        with st.container(gap=None):
            curve = st.container()
            step = url.slide(
                _("Step of its training"), steps, name=url.STEP, default=default,
                show=lambda one: count(int(one)), label_visibility="collapsed",
                instead=film.step if film else None,
            )  # fmt: skip
    with curve:
        _draw_curve(run, steps, step)
    if film:
        button.button(_("Stop"), icon=":material/stop:", key="film-stop", on_click=stop_film)
    elif _has_heads(run.summary.id, int(step)):
        button.button(
            _("Play"), icon=":material/play_arrow:", key="film-play", on_click=_begin,
            args=(tuple(steps), step), help=_explanation(),
        )  # fmt: skip
    return step


def _has_heads(run_id: str, step: int) -> bool:
    try:
        return bool(heads_shape(trained_model(run_id, step).model)[0])
    except MiniGPTError:
        return False  # the page says what is wrong with it


def film_of_text(run_id: str) -> SharedFilm | None:
    """The frames that a run kept, where the page is about their text and shows plain weights."""
    try:
        shared = film(run_id)
    except MiniGPTError:
        return None  # deleted meanwhile, which the page says by itself
    if shared is None or len(shared.film.steps) < 2 or chosen_flow() != "weight":
        return None
    text = url.in_url(url.TEXT)
    return shared if text is None or shared.is_of(text) else None


def frame_shown(chosen: ChosenModel) -> Frame | None:
    """The frame of the chosen step where the weights of that step were not kept."""
    shared, asked = film_of_text(chosen.run_id), url.remembered_choice(url.STEP)
    steps = [] if shared is None else list(map(str, shared.film.steps))
    if shared is None or asked not in steps or asked == str(chosen.step):
        return None
    return Frame(step=int(asked), maps=shared.film.maps(steps.index(asked)))


def say_what_plays(chosen: ChosenModel, frame: Frame | None) -> None:
    """From what the film is made, and of which step the rest of the page is."""
    shared = film_of_text(chosen.run_id)
    if frame:
        st.caption(
            _(
                "These maps are of step {step}, as they were kept while it trained, to 1/255. The "
                "weights of that step were not kept: all below is of step {kept}.",
                step=count(frame.step), kept=count(chosen.step),
            )
        )  # fmt: skip
    elif shared:
        st.caption(
            _(
                "Play shows {count} frames that were kept of this text while the model trained. "
                "Of any other text it shows the steps whose weights are kept.",
                count=len(shared.film.steps),
            )
        )


def _choose_from_frames(
    run: RunSnapshot, shared: SharedFilm, steps: list[str], default: str
) -> str:
    kept = list(map(int, steps))
    places = Places.of(shared, kept)
    known = list(map(str, places.steps))
    now = known.index(url.chosen_among(known, name=url.STEP, default=default))
    film_bar(
        shared, places, now,
        key="film-bar", group=GROUP, curve=run.curves.validation_loss,
        on_choose=lambda step: url.write_choices(**{url.STEP: step}),
    )  # fmt: skip
    return str(nearest_kept(kept, places.steps[now]))


def _explanation() -> str:
    words = _(
        "Shows the same text at every kept step, one a second. Kept steps are at even distances "
        "here, however far apart they are; a small circle is where the validation loss was "
        "measured."
    )
    return f"{words}\n\n{meaning_of('checkpoint', 'step', 'loss', 'validation')}"


def _draw_curve(run: RunSnapshot, steps: list[str], step: str) -> None:
    chart = film_chart(run.curves.validation_loss, list(map(int, steps)), int(step), palette())
    # A chart of its own for each click: a second click on a mark would take the first one back.
    key = f"{CURVE}-{st.session_state.get(CLICKS, 0)}"
    with st.container(key=CURVE):
        _chart(chart, key, steps, step)


def _chart(chart: dict[str, Any], key: str, steps: list[str], step: str) -> None:
    st.echarts_chart(
        chart, height=palette().pixels(CHART_HEIGHT), key=key,
        on_select=lambda: _go_to_mark(key, steps),
        alt=_(
            "Validation loss over the steps of the training, with a mark at each kept one, now at "
            "step {step}. The slider below chooses the same.",
            step=count(int(step)),
        ),
    )  # fmt: skip


def _go_to_mark(key: str, steps: list[str]) -> None:
    selected = st.session_state[key].selection.selected
    # None where the second half of a double click took it back: it is chosen already.
    place = selected[0]["data_indices"][0] if selected else None
    if isinstance(place, int) and 0 <= place < len(steps):
        st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1
        url.write_choices(**{url.STEP: steps[place]})


def _begin(steps: tuple[str, ...], step: str) -> None:
    here = steps.index(step)
    st.session_state[FILM] = Film(
        steps=steps,
        place=0 if here == len(steps) - 1 else here,
        began_with=_address(),
        turned_at=time.monotonic(),
        seen=step,
    )


def stop_film() -> None:
    """End the film; the page is about the step that was last seen in full."""
    if film := playing_film():
        _leave(film, film.seen)


def _leave(film: Film, step: str) -> None:
    del st.session_state[FILM]
    if film.began_with == _address():
        url.write_choices(**{url.STEP: step})


def _address() -> dict[str, str | None]:
    return {name: url.in_url(name) for name in OF_THE_FILM}


def play_film() -> None:
    """Draw the top of the page again and again, until the film is over or somebody stops it."""
    st.fragment(_show_frame, run_every=FRAME_SECONDS)()


def _show_frame() -> None:
    film = playing_film()
    if film is None or film.began_with != _address() or not film.turn():
        _end()
    caption = st.empty()
    chosen = choose_model(choose_frame)
    show_introduction(chosen, caption)
    if str(chosen.step) != film.step:
        _end()  # steps were kept or deleted meanwhile
    text = choose_text(chosen)
    try:
        trace = trace_of(chosen.run_id, chosen.step, text)
        kind = chosen_flow()
        steps = tuple(map(int, film.steps))
        largest = largest_flow(chosen.run_id, steps, text, kind) if kind != "weight" else None
    except MiniGPTError:
        _end()  # the page says what is wrong
    if not trace.layers:
        _end()
    view = view_from_address(chosen, text, trace)
    unnamed = [[""] * view.seen.weights.shape[1] for _layer in trace.layers]
    show_overview(view, unnamed, largest=largest)
    st.caption(
        _(
            "Step {step}, {place} of {all}. Colours mean the same at every step. One head and "
            "all its numbers are back when the film stops.",
            step=count(chosen.step), place=film.place + 1, all=len(film.steps),
        )
    )  # fmt: skip
    film.seen = film.step


def _end() -> NoReturn:
    if film := playing_film():
        _leave(film, film.step)  # also one that cannot be shown: the page says why
    draw_anew()
