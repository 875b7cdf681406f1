import csv
import io
import json
from xml.etree import ElementTree

import numpy as np
import pytest
import torch

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.inside.swap import as_json, other_text, other_texts, swaps
from minigpt.runs.trained_model import open_model
from tests.ui.harness import (
    made_run,
    map_values,
    part,
    plain,
    said,
    save_weights,
    texts,
    tiny_config,
)
from ui.services.inside import swaps as services
from ui.wording import glyph

SVG = "{http://www.w3.org/2000/svg}"
FIRST, SECOND = "To be a sea", "To be e sea"


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.pairs import swap
    from ui.services.models import trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    swap.show(chosen, st.empty())


@pytest.fixture
def run():
    return made_run()


def expected(run, first=FIRST, second=SECOND):
    return swaps(open_model(run, step=20), first, second)


def test_the_map_shows_what_the_core_computes(draw, run):
    at = draw(show, run_id=run.id, query={"text": FIRST, "other": SECOND})
    data = part(at, "swap-map")
    np.testing.assert_allclose(map_values(data), expected(run).moved.numpy(), atol=1e-4)
    assert data["rows"] == ["0", "1", "2"]
    assert data["columns"][6] == "a→e"
    assert (data["low"], data["high"]) == (-1, 1)  # the same for every model and text
    assert not data["causal"]
    assert not at.exception


def test_the_chosen_swap_is_told_in_words_and_numbers(draw, run):
    query = {"text": FIRST, "other": SECOND, "state": "2", "token": "7"}
    at = draw(show, run_id=run.id, query=query)
    made = expected(run)
    assert part(at, "swap-map")["chosen"] == [1, 6]
    assert "The swap after layer 1, at token 7 a→e" in map(plain, said(at.subheader))
    percent = round(100 * float(made.moved[1, 6]))
    words = f"It moves the guess **{percent} %** of the way from the second text's to the first's."
    assert words in said(at.markdown)
    odds = [plain(one) for one in said(at.caption) if "%," in one]
    shares = made.pair.seen.logits[:, -1].softmax(-1)[:, list(made.pair.answers)]
    for text, (first, second) in zip(odds, shares.tolist(), strict=False):
        assert f" {100 * first:.1f} %" in text
        assert f" {100 * second:.1f} %" in text
    assert len(odds) == 3


def test_without_a_second_text_one_is_made(draw, run):
    at = draw(show, run_id=run.id, query={"text": FIRST})
    assert at.text_area[1].value == other_text(open_model(run, step=20), FIRST)
    assert "other" not in at.query_params  # nobody chose it
    assert part(at, "swap-map")
    assert not at.exception


def test_another_token_can_be_put_in_its_place(draw, run):
    at = draw(show, run_id=run.id, query={"text": FIRST, "other": SECOND})
    options = other_texts(open_model(run, step=20), FIRST, 6)
    wanted = next(one for one in options if one != SECOND)
    at.button_group("swap-instead").set_value(wanted).run()
    assert at.query_params["other"] == wanted
    assert part(at, "swap-map")["columns"][6] == f"a→{wanted[6]}"
    assert not at.exception


def test_marks_are_offered_as_they_are(draw, run):
    # A lone "-" or "#" on a button would begin a list or a heading, and be seen by nobody.
    at = draw(show, run_id=run.id, query={"text": "To be, a sea", "other": "To be. a sea"})
    shown = at.button_group("swap-instead").options
    offered = {"To be. a sea", *other_texts(open_model(run, step=20), "To be, a sea", 5)}
    assert {plain(one) for one in shown} == {glyph(one[5]) for one in offered}
    assert "\\." in shown


def test_texts_of_unequal_length_are_told_with_a_way_out(draw, run):
    at = draw(show, run_id=run.id, query={"text": FIRST, "other": "To be"})
    assert "11 tokens and the second 5" in plain(at.error[0].value)
    at.button[0].click().run()
    assert "other" not in at.query_params
    assert not at.error
    assert part(at, "swap-map")


@pytest.mark.parametrize("text", ["", "50%", "a" * 400])
def test_a_text_that_cannot_be_read_is_told(draw, run, text):
    at = draw(show, run_id=run.id, query={"text": text, "other": text})
    assert at.error
    assert not at.exception


def test_what_takes_too_long_is_refused_with_a_number(draw, run, monkeypatch):
    monkeypatch.setattr(services, "MOST_OPERATIONS", 1.0)
    at = draw(show, run_id=run.id, query={"text": FIRST[:8], "other": SECOND[:8]})
    assert not at.error  # so much is always allowed
    assert at.text_area[0].proto.max_chars == 8
    with pytest.raises(MiniGPTError, match="Shorten both texts to 8"):
        services.swap_figures(run.id, 20, FIRST, SECOND)


@pytest.mark.parametrize("position", ["post", "pre"])
def test_norms_before_and_after(draw, position):
    config = tiny_config(model__norm_position=position)
    run = made_run(config=config, steps=())
    save_weights(run, config, [20])
    at = draw(show, run_id=run.id, query={"text": FIRST, "other": SECOND})
    np.testing.assert_allclose(
        map_values(part(at, "swap-map")), expected(run).moved.numpy(), atol=1e-4
    )


def test_files_hold_every_number(run):
    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.pairs.swap_files import to_csv, to_json

    opened = open_model(run, step=20)
    chosen = ChosenModel(run_id=run.id, step=20, trained=opened)
    figures = services.swap_figures(run.id, 20, FIRST, SECOND)
    told = json.loads(to_json(chosen, figures, FIRST, SECOND))
    assert told == as_json(swaps(opened, FIRST, SECOND), run=run.id)
    header, *rows = csv.reader(io.StringIO(to_csv(figures).decode()))
    assert header[7] == "6 'a' 'e'"
    assert [row[0] for row in rows] == ["0", "1", "2"]
    found = torch.tensor([[float(one) for one in row[1:]] for row in rows])
    torch.testing.assert_close(found, expected(run).moved, atol=1e-4, rtol=1e-4)


def test_the_map_can_be_taken_home_as_a_drawing_with_its_numbers(run):
    from ui.screens.inspect.pairs.swap_files import to_svg

    drawn = ElementTree.fromstring(to_svg(services.swap_figures(run.id, 20, FIRST, SECOND)))
    numbers = [float(one.text) for one in drawn.iter(f"{SVG}title")]
    np.testing.assert_allclose(numbers, expected(run).moved.flatten().numpy(), atol=1e-4)
    names = [one.text for one in drawn.iter(f"{SVG}text")]
    assert names[6] == "a→e"
    assert names[-3:] == ["before layer 1", "after layer 1", "after layer 2"]


def test_rows_may_be_heads_and_the_strongest_is_shown_first(draw, run):
    at = draw(show, run_id=run.id, query={"text": FIRST, "other": SECOND, "rows": "heads"})
    data, moved = part(at, "swap-map"), expected(run).moved_by_head
    np.testing.assert_allclose(map_values(data), moved.flatten(0, 1).numpy(), atol=1e-4)
    assert data["rows"] == ["1.1", "1.2", "2.1", "2.2"]
    layer, head, token = np.unravel_index(int(moved.abs().argmax()), moved.shape)
    name = f"The swap of layer {layer + 1}, head {head + 1}, at token {token + 1}"
    assert any(plain(one).startswith(name) for one in said(at.subheader))
    assert any("--heads" in one for one in texts(at))
    assert not at.exception


def test_by_heads_the_files_have_the_numbers_of_the_command(run):
    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.pairs.swap_files import to_csv, to_json

    opened = open_model(run, step=20)
    chosen = ChosenModel(run_id=run.id, step=20, trained=opened)
    figures = services.swap_figures(run.id, 20, FIRST, SECOND, by_head=True)
    told = json.loads(to_json(chosen, figures, FIRST, SECOND))
    assert told == as_json(swaps(opened, FIRST, SECOND), run=run.id, by_head=True)
    _header, *rows = csv.reader(io.StringIO(to_csv(figures).decode()))
    assert [row[0] for row in rows] == ["1.1", "1.2", "2.1", "2.2"]
