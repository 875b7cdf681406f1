import csv
import io
import json
from xml.etree import ElementTree

import numpy as np
import pandas as pd

from minigpt.runs.trained_model import open_model
from minigpt.wording import FORMULA
from tests.ui.harness import add_frames, made_run
from tests.ui.screens.inspect.looking import TEXT, show, traced
from ui.components.model_picker import ChosenModel
from ui.screens.inspect import take_home
from ui.screens.inspect.take_home import to_csv, to_file, to_svg, weights_csv

SVG = "{http://www.w3.org/2000/svg}"


def test_the_table_holds_the_weights_under_names_that_stay_apart():
    weights = np.tril(np.random.default_rng(0).random((3, 3), dtype=np.float32))
    found = pd.read_csv(io.BytesIO(weights_csv(weights, ("a", ",", "a"))), index_col=0)
    assert list(found.index) == list(found.columns) == ["1 'a'", "2 ','", "3 'a'"]
    np.testing.assert_array_equal(found.to_numpy(dtype=np.float32), weights)


def test_no_part_of_a_token_is_a_formula():
    written = weights_csv(np.ones((2, 2), dtype=np.float32), ("a;=1+1", "b\t-1")).decode()
    for comma in ",;\t":
        rows = csv.reader(io.StringIO(written), delimiter=comma)
        assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]


def test_what_is_shown_can_be_taken_home(draw):
    at = draw(show, run_id=made_run().id, query={"text": TEXT, "layer": "2"})
    labels = [button.label for button in at.get("download_button")]
    assert [label[-5:-1].strip("(") for label in labels] == ["CSV", "SVG", "HTML", "NPZ", "JSON"]
    assert not at.exception


def test_files_are_made_when_they_are_asked_for(draw, monkeypatch):
    made = []
    for name in ("weights_csv", "map_drawing", "to_file"):
        monkeypatch.setattr(take_home, name, lambda *given, **more: made.append(given))
    at = draw(show, run_id=made_run().id, query={"text": TEXT})
    assert len(at.get("download_button")) == 5
    assert made == []
    assert not at.exception


def test_the_film_of_the_text_can_be_taken_home(draw):
    run = made_run()
    add_frames(run, (0, 5, 20), text=TEXT)
    labels = [
        one.label for one in draw(show, run_id=run.id, query={"text": TEXT}).get("download_button")
    ]
    assert "The film, a page to play (HTML)" in labels
    other = draw(show, run_id=run.id, query={"text": "the sea"}).get("download_button")
    assert len(other) == len(labels) - 1


def test_the_table_is_the_chosen_head(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT, "layer": "2", "head": "2"})
    found = pd.read_csv(io.BytesIO(to_csv(at.session_state["view"])), index_col=0)
    expected = traced(run, TEXT).layers[1].weights[0, 1].numpy()
    np.testing.assert_array_equal(found.to_numpy(dtype=np.float32), expected)


def test_the_drawing_has_a_cell_for_each_weight_and_any_token_as_text(draw):
    at = draw(show, run_id=made_run().id, query={"text": TEXT})
    view = at.session_state["view"]
    drawn = ElementTree.fromstring(to_svg(view))
    cells = drawn.findall(f"{SVG}rect")
    rows, columns = np.tril_indices(len(TEXT))
    assert [cell.find(f"{SVG}title").text for cell in cells] == [
        f"{weight:.4f}" for weight in view.weights[rows, columns]
    ]
    labels = [one.text for one in drawn.findall(f"{SVG}text")]
    assert labels[::2] == labels[1::2] == [one.replace(" ", "␣") for one in TEXT]


def test_all_heads_can_be_taken_home_as_files_with_the_numbers_of_the_trace():
    run = made_run()
    chosen = ChosenModel(run_id=run.id, step=20, trained=open_model(run, step=20))
    page = to_file(chosen, TEXT, ".html").decode("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    weights = traced(run, TEXT).layers[1].weights[0, 1].double()
    # As whole numbers of ten thousandths, which is as many digits as the page can show.
    assert json.dumps(weights.mul(10_000).round().long().tolist(), separators=(",", ":")) in page
    with np.load(io.BytesIO(to_file(chosen, TEXT, ".npz"))) as arrays:
        np.testing.assert_array_equal(arrays["weights"], traced(run, TEXT).attention[0].numpy())
