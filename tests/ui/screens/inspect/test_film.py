"""The film of a training, a frame at a time: here the timer's ticks are runs of the page."""

from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.runtime.scriptrunner import StopException

from tests.ui.harness import add_frames, made_run, part, said, tile_shades
from ui.screens.inspect import film

TEXT = "To be a sea"


def page():
    import streamlit as st

    from ui.components.model_picker import choose_model
    from ui.navigation import ensure_frame
    from ui.screens.inspect.attention import choose_text
    from ui.screens.inspect.film import choose_frame, play_film, playing_film
    from ui.screens.inspect.overview import show_overview, view_from_address
    from ui.services.models import trace_of

    ensure_frame()
    if playing_film():
        play_film()
        st.stop()
    chosen = choose_model(choose_frame)
    text = choose_text(chosen)
    show_overview(
        view_from_address(chosen, text, trace_of(chosen.run_id, chosen.step, text)), [[""] * 2] * 2
    )


@pytest.fixture
def opened(draw, monkeypatch):
    monkeypatch.setattr(film, "FRAME_SECONDS", 0.0)  # every run of the page turns to the next
    run = made_run(steps=(0, 5, 20))

    def open_page(**query):
        return draw(page, query={"text": TEXT, **query})

    open_page.run = run
    return open_page


def button(at, label):
    return next(one for one in at.button if one.label == label)


def cells(at):
    return part(at, "head-tiles")["cells"]


def frames(at, count):
    shown = []
    for _frame in range(count):
        shown.append((at.select_slider[0].value, cells(at)))
        at.run()
    return shown


def test_it_shows_what_the_page_shows_at_each_kept_step(opened):
    pages = [(step, cells(opened(step=step))) for step in ("0", "5", "20")]
    assert len({drawn for _step, drawn in pages}) == 3
    at = opened(step="0")
    button(at, "Play").click().run()
    # The first run has turned to the second step already.
    assert frames(at, 2) == pages[1:]
    assert at.query_params["step"] == "20"
    assert button(at, "Play")  # it is over
    assert not at.exception


def test_from_the_last_step_it_begins_anew(opened):
    at = opened()
    at = button(at, "Play").click().run()
    assert at.select_slider[0].value == "5"
    assert any("Step 5, 2 of 3." in words for words in said(at.caption))
    assert "step" not in at.query_params  # which nobody chose
    assert not at.exception


def test_it_stops_where_it_is_when_asked(opened):
    at = button(opened(), "Play").click().run()
    button(at, "Stop").click().run()
    assert at.query_params["step"] == "5"
    assert at.select_slider[0].value == "5"
    assert button(at, "Play")
    assert not at.exception


def test_a_frame_that_was_not_drawn_to_its_end_is_not_where_it_stops(opened, monkeypatch):
    at = button(opened(step="0"), "Play").click().run()
    assert at.select_slider[0].value == "5"

    def stopped(*_given, **_more):
        raise StopException  # as where Stop is pressed meanwhile

    with monkeypatch.context() as patch:
        patch.setattr(film, "trace_of", stopped)
        at.run()
    assert at.select_slider[0].value == "20"
    button(at, "Stop").click().run()
    assert at.query_params["step"] == "5"
    assert at.select_slider[0].value == "5"
    assert not at.exception


def test_whoever_moves_the_slider_ends_it_there(opened):
    at = button(opened(), "Play").click().run()
    at.select_slider[0].set_value("0").run()
    assert at.query_params["step"] == "0"
    assert at.select_slider[0].value == "0"
    assert button(at, "Play")


def test_what_is_no_share_has_one_scale_for_all_steps(opened):
    alone = {
        part(opened(step=step, flow="value"), "head-tiles")["end"] for step in ("0", "5", "20")
    }
    at = button(opened(step="0", flow="value"), "Play").click().run()
    ends = []
    for _frame in range(2):
        ends.append(part(at, "head-tiles")["end"])
        at.run()
    assert ends == [max(alone)] * 2
    assert len(alone) > 1
    assert not at.exception


def test_the_second_half_of_a_double_click_leads_nowhere(monkeypatch):
    chosen = []
    monkeypatch.setattr(film.url, "write_choices", lambda **values: chosen.append(values["step"]))

    def click(*marks):
        selected = [{"data_indices": [mark]} for mark in marks]
        event = SimpleNamespace(selection=SimpleNamespace(selected=selected))
        monkeypatch.setattr(film.st, "session_state", state | {"curve": event})
        film._go_to_mark("curve", ["0", "5", "20"])

    state = {}
    click(1)
    click()  # the browser takes the mark back
    click(9)  # nobody has such a mark
    assert chosen == ["5"]


def film_page():
    import streamlit as st

    from ui.components.model_picker import choose_model
    from ui.navigation import ensure_frame
    from ui.screens.inspect.attention import choose_text
    from ui.screens.inspect.film import choose_frame, frame_shown, say_what_plays
    from ui.screens.inspect.overview import show_overview, view_from_address
    from ui.services.models import trace_of

    ensure_frame()
    chosen = choose_model(choose_frame)
    text = choose_text(chosen)
    st.session_state["kept"] = chosen.step
    frame, trace = frame_shown(chosen), trace_of(chosen.run_id, chosen.step, text)
    show_overview(view_from_address(chosen, text, trace), [["named"] * 2] * 2, frame=frame)
    say_what_plays(chosen, frame)


@pytest.fixture
def filmed():
    run = made_run(steps=(0, 5, 20))
    run.rows = add_frames(run, (0, 2, 5, 9, 20), text=TEXT)
    return run


def shown(at):
    return tile_shades(part(at, "head-tiles"))


def test_the_text_of_the_film_plays_the_frames_that_were_kept(draw, filmed):
    at = draw(film_page)
    assert at.text_area[0].value == TEXT  # unless another one is typed
    assert part(at, "film-bar")["steps"] == [0, 2, 5, 9, 20]
    assert part(at, "film-bar")["kept"] == [0, 2, 4]
    assert not at.select_slider
    assert any("5 frames" in one for one in said(at.caption))
    assert not at.exception


def test_at_a_step_whose_weights_were_not_kept_the_tiles_are_its_frame(draw, filmed):
    at = draw(film_page, query={"step": "9"})
    row = filmed.rows[3]
    assert np.array_equal(shown(at), np.frombuffer(row.cells, np.uint8).reshape(2, 2, -1))
    assert part(at, "head-tiles")["step"] == 9
    assert part(at, "head-tiles")["titles"] == [["1.1", "1.2"], ["2.1", "2.2"]]
    assert at.session_state["kept"] == 5
    assert any("all below is of step 5" in one for one in said(at.caption))
    assert not at.exception


def test_at_a_kept_step_they_are_the_model_s_own(draw, filmed):
    at = draw(film_page, query={"step": "5"})
    alone = draw(page, query={"step": "5", "text": TEXT})
    assert np.array_equal(shown(at), shown(alone))
    assert part(at, "head-tiles")["titles"][0][0] == "1.1 named"


@pytest.mark.parametrize("query", [{"text": "the sea"}, {"flow": "value"}])
def test_anything_else_plays_the_kept_steps(draw, filmed, query):
    at = draw(film_page, query=query)
    assert list(at.select_slider[0].options) == ["0", "5", "20"]
    assert button(at, "Play")
    assert not at.exception
