"""The heads of a run as it trains: the newest frame, its scores, the way home."""

import dataclasses

import numpy as np
import pytest

from minigpt.runs.attention.film import film_of
from minigpt.runs.attention.page_words import FILM_WORDS
from tests.ui.harness import (
    DONE,
    add_frames,
    chart,
    links,
    made_run,
    part,
    said,
    tile_shades,
    tiny_config,
)
from ui.screens.inspect.film_page import page_words, to_page

TRAINING = DONE | {"phase": "training", "step": 5}


def show(run_id):
    from ui.charts.options import ChartView
    from ui.navigation import ensure_frame
    from ui.screens.run.film import draw_film
    from ui.services.runs import snapshot

    ensure_frame()
    draw_film(snapshot(run_id), ChartView())


@pytest.fixture
def run():
    made = made_run()
    made.rows = add_frames(made, (0, 1, 5, 20))
    return made


def tiles(at, run):
    return tile_shades(part(at, f"run-tiles-{run.id}"))


def cells(row):
    return np.frombuffer(row.cells, np.uint8).reshape(row.layers, row.heads, -1)


def test_the_tiles_show_the_newest_frame_cell_by_cell(draw, run):
    at = draw(show, run_id=run.id)
    assert np.array_equal(tiles(at, run), cells(run.rows[-1]))
    assert "".join(part(at, f"run-strip-{run.id}")["tokens"]) == "To be, or not to be"
    assert not at.exception


def test_they_follow_as_frames_are_added(draw):
    run = made_run(state=TRAINING, end=None)
    add_frames(run, (0, 1))
    assert draw(show, run_id=run.id).query_params == {}
    later = add_frames(run, (4,), seed=3)
    import streamlit as st

    st.cache_resource.clear()  # a second later
    assert np.array_equal(tiles(draw(show, run_id=run.id), run), cells(later[0]))


def test_the_address_names_a_frame(draw, run):
    at = draw(show, run_id=run.id, query={"step": "1"})
    assert np.array_equal(tiles(at, run), cells(run.rows[1]))
    assert part(at, f"run-film-{run.id}")["now"] == 1
    assert any(one.startswith("Step 1. 4 frames") for one in said(at.caption))
    at = draw(show, run_id=run.id, query={"step": "hundred"})
    assert part(at, f"run-film-{run.id}")["now"] == 3


def test_scores_are_lines_with_their_chance_levels(draw, run):
    series = chart(draw(show, run_id=run.id), f"scores-{run.id}")["series"]
    names = [line["name"].split(":")[0] for line in series]
    assert "the token before" in names
    assert "what came after an earlier copy (induction)" in names
    for line in series:
        assert [step for step, _share in line["data"]] == [0, 1, 5, 20]
        assert 0 < line["markLine"]["data"][0]["yAxis"] < 100


def test_they_can_be_those_of_one_head(draw, run):
    best = chart(draw(show, run_id=run.id), f"scores-{run.id}")["series"]
    at = draw(show, run_id=run.id, query={"scores": "chosen"})
    chosen = chart(at, f"scores-{run.id}")["series"]
    assert not any(":" in line["name"] for line in chosen)
    for one, other in zip(best, chosen, strict=True):
        assert one["data"][-1][1] >= other["data"][-1][1]


def test_the_way_to_all_numbers_and_home(draw, run):
    at = draw(show, run_id=run.id, query={"step": "5"})
    assert f"run={run.id}" in links(at)["All numbers of a head"][1]
    assert "step=5" in links(at)["All numbers of a head"][1]
    labels = [one.proto.label for one in at.get("download_button")]
    assert labels == ["The film, a page to play (HTML)", "All these shares (CSV)"]
    page = to_page(run.id).decode()
    assert page.count("<script") == 2
    assert film_of(run.frame_rows()).steps == (0, 1, 5, 20)


def test_a_model_without_attention_says_so(draw):
    run = made_run(config=tiny_config().changed({"model.rung": "bigram"}), steps=())
    at = draw(show, run_id=run.id)
    assert any("no attention" in one for one in said(at.caption))
    assert not at.exception


def test_a_run_that_kept_no_frames_shows_nothing(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    assert not at.subheader
    assert not at.main.get("bidi_component")
    assert not at.exception


def test_a_text_too_short_for_scores_says_so(draw):
    run = made_run()
    add_frames(run, (0, 1), text="To be")
    at = draw(show, run_id=run.id)
    assert any("too short" in one for one in said(at.caption))
    assert not at.exception


def test_a_stranger_s_frames_of_another_shape_break_nothing(draw, run):
    frame = dataclasses.replace(run.rows[0], step=30, layers=1, heads=4)
    run.append("frames", frame.to_json())
    at = draw(show, run_id=run.id)
    assert not at.exception
    assert tiles(at, run).shape[:2] == (2, 2)  # the model's own


def test_an_indonesian_takes_an_indonesian_page_home(run, speak):
    speak("id")
    page = to_page(run.id, page_words(FILM_WORDS)).decode()
    assert '"language":"id","decimal":","' in page
    assert "Langkah pelatihan" in page
