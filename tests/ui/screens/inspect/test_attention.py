import io
import json

import numpy as np
import pandas as pd
import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers import LOADABLE
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.word import WordTokenizer
from tests.ui.harness import SMALL_TEXT, chart, made_run, numbers, said
from ui.charts.heatmap import tallest
from ui.components.model_picker import ChosenModel
from ui.screens.inspect.attention import (
    EXAMPLES,
    TOKENS,
    default_text,
    longest_text,
    summary,
    to_csv,
    to_html,
    tokens_are,
)
from ui.wording import glyph

TEXT = "To be a sea"


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_head, choose_text, show_head
    from ui.services.models import traced, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    trace = traced(run_id, step, text)
    layer, head = choose_head(trace)
    st.session_state["head"] = (layer, head)
    show_head(trace, chosen, text, layer=layer, head=head)


def traced(run, text):
    opened = open_model(run, step=20)
    return trace(opened.model, torch.tensor([opened.tokenizer.encode(text)]))


@pytest.mark.parametrize(("layer", "head"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_the_map_is_the_chosen_head_of_the_trace(draw, layer, head):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT, "layer": str(layer), "head": str(head)})
    figure = json.loads(at.get_by_key("attention").proto.spec)
    shown = numbers(figure["data"][0]["z"])
    weights = traced(run, TEXT).layers[layer - 1].weights[0, head - 1].numpy()
    rows, columns = np.tril_indices(len(TEXT))
    np.testing.assert_array_equal(shown[rows, columns], weights[rows, columns])
    assert np.isnan(shown[np.triu_indices(len(TEXT), k=1)]).all()
    ticks = figure["layout"]["xaxis"]["ticktext"]
    assert ticks == [glyph(character) for character in TEXT]
    assert f"Layer {layer}, head {head}, step 20" in said(at.subheader)
    assert not at.exception


def test_what_comes_next_is_the_softmax_of_the_logits(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT})
    bars = chart(at, "next-token")
    shares, ids = traced(run, TEXT).logits[0, -1].softmax(-1).topk(8)
    vocabulary = open_model(run, step=20).tokenizer.vocabulary
    assert bars["yAxis"]["data"] == [glyph(vocabulary[index]) for index in ids.tolist()]
    assert [bar["value"] for bar in bars["series"][0]["data"]] == pytest.approx(
        [100 * share for share in shares.tolist()], abs=0.05
    )
    assert not at.exception


def test_layers_and_heads_are_counted_from_one_and_written_into_the_address(draw):
    at = draw(show, run_id=made_run().id)
    assert [group.options for group in at.button_group] == [["1", "2"], ["1", "2"]]
    at.button_group[0].set_value("2").run()
    assert at.session_state["head"] == (1, 0)
    at.button_group[1].set_value("2").run()
    assert at.session_state["head"] == (1, 1)
    assert at.query_params == {"layer": "2", "head": "2"}
    assert not at.exception


def test_a_head_that_is_not_there_falls_back_to_the_first(draw):
    at = draw(show, run_id=made_run().id, query={"layer": "9", "head": "0"})
    assert at.session_state["head"] == (0, 0)
    assert not at.exception


def test_the_text_box_takes_no_more_than_the_context(draw):
    at = draw(show, run_id=made_run().id, query={"text": "o" * 50})
    assert at.text_input[0].value == "o" * 16
    assert not at.exception


def test_the_default_text_is_one_the_model_can_read():
    assert default_text(CharacterTokenizer.train(SMALL_TEXT), 16) == EXAMPLES[0][:16]
    assert default_text(CharacterTokenizer.train(EXAMPLES[1]), 99) == EXAMPLES[1]
    assert default_text(CharacterTokenizer.train("xyz"), 99) == "xyz"
    assert default_text(CharacterTokenizer.train("xyz"), 2) == "xy"


def test_the_summary_gives_the_shares_in_words():
    weights = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.5, 0.3]], dtype=np.float32)
    words = summary(weights)
    assert "60 % of its attention to the token itself" in words
    assert "50 % to the one before" in words
    assert "35 % to the very first" in words


def test_a_text_of_one_token_looks_at_itself():
    words = summary(np.ones((1, 1), dtype=np.float32))
    assert "100 % of its attention to the token itself, 0 % to the one before" in words


def test_the_table_holds_the_weights_under_names_that_stay_apart():
    weights = np.tril(np.random.default_rng(0).random((3, 3), dtype=np.float32))
    table = pd.read_csv(io.BytesIO(to_csv(weights, ["a", ",", "a"])), index_col=0)
    assert list(table.index) == list(table.columns) == ["0 'a'", "1 ','", "2 'a'"]
    np.testing.assert_array_equal(table.to_numpy(dtype=np.float32), weights)


def test_the_table_can_be_taken_home(draw):
    at = draw(show, run_id=made_run().id, query={"text": TEXT})
    assert at.get("download_button")[0].label == "Download these numbers (CSV)"
    assert not at.exception


def test_all_heads_can_be_taken_home_as_a_page_with_the_numbers_of_the_trace():
    run = made_run()
    trained = open_model(run, step=20)
    chosen = ChosenModel(run_id=run.id, step=20, trained=trained)
    page = to_html(chosen, TEXT).decode("utf-8")
    assert page.lstrip().lower().startswith("<!doctype html>")
    weights = traced(run, TEXT).layers[1].weights[0, 1].double()
    # As whole numbers of ten thousandths, which is as many digits as the page can show.
    assert json.dumps(weights.mul(10_000).round().long().tolist(), separators=(",", ":")) in page


def test_a_model_of_words_gets_as_many_words_as_it_reads():
    tokenizer = WordTokenizer.train("the train is on the road\n")
    assert default_text(tokenizer, 4) == "the train is on"
    assert longest_text(tokenizer, 4) > len("the train is on")


def test_a_model_of_characters_cannot_be_typed_too_much():
    assert longest_text(CharacterTokenizer.train("abc"), 7) == 7


def test_the_map_follows_the_width_of_the_screen(draw):
    at = draw(show, run_id=made_run().id, query={"text": TEXT})
    styles = "".join(one.proto.body for one in at.get("html"))
    assert "aspect-ratio" in styles
    assert f"max-height: {tallest(len(TEXT))}px" in styles


def test_a_step_has_its_thousands_separated(draw):
    at = draw(show, run_id=made_run(steps=(0, 2000)).id, step=2000)
    assert "Layer 1, head 1, step 2,000" in said(at.subheader)


def test_what_a_token_is_is_known_of_every_tokenizer():
    assert TOKENS.keys() == LOADABLE.keys()
    assert tokens_are("character") == "single characters"
    assert tokens_are("a new one") == "pieces of text"
