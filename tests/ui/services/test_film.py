import base64
import json

import numpy as np

from minigpt.runs.attention.film_scores import film_scores
from minigpt.runs.records.rows import FileLimits
from minigpt.runs.warm_start import rows_until, write_rows
from tests.ui.harness import add_frames, made_run
from ui.services import film as films
from ui.services.film import FilmReader, film

TEXT = "To be, or not to be"


def test_a_film_is_read_on_as_it_grows_and_each_line_once(monkeypatch):
    run, parsed = made_run(), []
    real = films.FrameRow.from_json
    monkeypatch.setattr(
        films.FrameRow, "from_json", lambda line: parsed.append(line["step"]) or real(line)
    )
    reader = FilmReader(run)
    assert reader.read() is None
    first = add_frames(run, (0, 1))
    assert reader.read().film.steps == (0, 1)
    then = add_frames(run, (5,), seed=1)
    shared = reader.read()
    assert shared.film.cells == tuple(row.cells for row in (*first, *then))
    assert parsed == [0, 1, 5]
    assert reader.read() is shared
    assert [base64.b64decode(one) for one in shared.packed] == list(shared.film.cells)


def test_scores_of_a_film_that_grew_are_those_of_the_whole():
    run = made_run()
    reader = FilmReader(run)
    add_frames(run, (0, 1))
    reader.read()
    add_frames(run, (5, 9), seed=1)
    shared = reader.read()
    whole = film_scores(shared.film)
    assert whole.keys() <= shared.scores.keys()
    for kind, score in whole.items():
        assert np.allclose(shared.scores[kind].shares, score.shares)


def test_who_types_the_text_finds_the_film():
    run = made_run()
    add_frames(run, (0, 1), text=TEXT)
    shared = film(run.id)
    assert shared.text == TEXT
    assert shared.is_of(TEXT)
    assert not shared.is_of("To be")


def test_a_run_that_goes_back_loses_its_later_frames():
    run = made_run()
    reader = FilmReader(run)
    add_frames(run, (0, 1, 5))
    assert reader.read().film.steps == (0, 1, 5)
    write_rows(run, "frames", rows_until(run, "frames", 1))
    add_frames(run, (3,), seed=7)
    assert reader.read().film.steps == (0, 1, 3)


def test_frames_that_no_model_of_the_run_could_have_made_are_none():
    run = made_run()
    line = {"step": 1, "layers": 1, "heads": 1, "ids": [10_000], "cells": "/w=="}
    run.append("frames", line)
    assert FilmReader(run).read() is None
    (run.path / "tokenizer.json").unlink()
    assert FilmReader(run).read() is None


def test_frames_of_a_model_of_another_shape_are_none():
    run = made_run()
    add_frames(run, (0, 1), text="To", layers=200, heads=200)
    assert FilmReader(run).read() is None
    add_frames(run, (2,))
    assert FilmReader(run).read().film.steps == (2,)


def test_damaged_lines_cost_only_themselves():
    run = made_run()
    with run.frames.open("a") as file:
        file.write('{"step": 1}\n[\n\n' + json.dumps({"step": -1, "cells": 3}) + "\n")
    add_frames(run, (2, 3))
    assert FilmReader(run).read().film.steps == (2, 3)


def test_a_file_that_is_too_large_is_kept_by_its_newest_frames(monkeypatch):
    run = made_run()
    rows = add_frames(run, range(10))
    size = len(rows[0].cells)
    monkeypatch.setitem(films.LIMITS, "frames", FileLimits(bytes=3 * size, rows=100))
    assert FilmReader(run).read().film.steps == (7, 8, 9)
    monkeypatch.setitem(films.LIMITS, "frames", FileLimits(bytes=100 * size, rows=2))
    assert FilmReader(run).read().film.steps == (8, 9)
