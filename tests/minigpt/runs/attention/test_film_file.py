"""The film as a page: its numbers are those of the frames, and it needs nothing but itself."""

import base64
import re
import shutil

import numpy as np
import pytest
import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.errors import ConfigurationError, RunError
from minigpt.introspection.trace import trace
from minigpt.runs.attention.film import film_of
from minigpt.runs.attention.film_file import PAGE_DATA, film_in, film_page, write_film
from minigpt.runs.records import FrameRow
from minigpt.runs.trained_model import open_model
from tests.minigpt.runs.attention.test_look_file import HOSTILE, page_data


@pytest.fixture
def brought(trained, store):
    """The trained run, under the folder that commands look in."""
    shutil.copytree(trained.path, store.root / trained.id)
    return store.open(trained.id)


def test_the_page_plays_the_frames_as_they_were_kept(trained, tmp_path):
    film = write_film(tmp_path / "film.html", trained)
    page = (tmp_path / "film.html").read_text(encoding="utf-8")
    values, rows = page_data(page), list(trained.frame_rows())
    assert values["steps"] == [row.step for row in rows] == list(film.steps)
    assert [base64.b64decode(cells) for cells in values["cells"]] == [row.cells for row in rows]
    assert "".join(values["tokens"]) == trained.tokenizer().decode(rows[0].ids)
    assert (values["layers"], values["heads"]) == (rows[0].layers, rows[0].heads)
    assert len(rows[0].cells) == values["layers"] * values["heads"] * values["perHead"]
    judged = [row for row in trained.metric_rows() if row.validation_loss is not None]
    assert values["curve"] == [[row.step, row.validation_loss] for row in judged]
    assert values["run"] == "trained"


def test_it_asks_the_net_for_nothing(trained, tmp_path):
    write_film(tmp_path / "film.html", trained)
    page = (tmp_path / "film.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|\bsrc=|\bhref=|@import|fetch\(", page)
    assert PAGE_DATA not in page


def test_another_text_plays_the_kept_steps(trained):
    film = film_in(trained, "my name")
    assert film.steps == tuple(one.step for one in list_checkpoints(trained.weights))
    model = open_model(trained, step=film.steps[-1]).model
    seen = trace(model, torch.tensor([film.ids])).attention[0].numpy()
    assert np.abs(film.maps(len(film.steps) - 1) - seen).max() <= 0.5 / 255 + 1e-6
    assert film_in(trained, trained.tokenizer().decode(film_in(trained, None).ids)).steps == tuple(
        row.step for row in trained.frame_rows()
    )


def test_hostile_tokens_stay_text():
    row = FrameRow(step=0, layers=1, heads=1, ids=(0,), cells=b"\xff")
    page = film_page(film_of([row]), [HOSTILE], [(0.0, 1.0)], run=HOSTILE).decode()
    assert page.count("<script") == 2
    assert page_data(page)["tokens"] == [HOSTILE]
    assert page_data(page)["run"] == HOSTILE


def test_a_long_curve_is_thinned_out_and_the_end_of_the_film_its_end():
    row = FrameRow(step=50, layers=1, heads=1, ids=(0,), cells=b"\xff")
    curve = [(float(step), 1.0) for step in range(100)]
    page = film_page(film_of([row]), ["a"], curve, run="r", most_points=10).decode()
    steps = [step for step, _value in page_data(page)["curve"]]
    assert steps == [0, 10, 20, 30, 40, 50]


def test_what_cannot_be_filmed_is_refused_with_a_way_out(trained, tmp_path):
    with pytest.raises(ConfigurationError, match=r"end in \.html"):
        write_film(tmp_path / "film.gif", trained)
    with pytest.raises(ConfigurationError, match="1 to 128"):
        film_in(trained, "")
    with pytest.raises(RunError, match="cannot be written"):
        write_film(tmp_path / "no" / "film.html", trained)
    with pytest.raises(ConfigurationError, match="Shorten the text"):
        film_in(trained, "my name", largest_bytes=10)


def test_a_run_without_frames_says_what_to_do(store, tiny):
    run = store.create(tiny, name="none")
    run.write("tokenizer", tiny.tokenizer.train("my name is").to_dict())
    with pytest.raises(RunError, match="kept no frames"):
        film_in(run, None)
    with pytest.raises(RunError, match="saved nothing yet"):
        film_in(run, "my name")
    row = FrameRow(step=0, layers=1, heads=1, ids=(900,), cells=b"\xff")
    run.append("frames", row.to_json())  # of a token that its vocabulary has not
    with pytest.raises(RunError, match="kept no frames"):
        film_in(run, None)


def test_from_the_command_line(brought, tmp_path, capsys):
    path = str(tmp_path / "film.html")
    assert main(["film", brought.id, "--out", path]) == DONE
    told = capsys.readouterr()
    assert told.out.strip() == path
    assert "13 frames" in told.err
    assert len(page_data((tmp_path / "film.html").read_text("utf-8"))["steps"]) == 13


def test_a_command_that_cannot_work_says_why(brought, tmp_path, capsys):
    assert main(["film", brought.id, "--out", str(tmp_path / "film.gif")]) == BAD_ARGUMENTS
    assert "end in .html" in capsys.readouterr().err
