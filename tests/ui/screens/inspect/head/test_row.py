import numpy as np
import pytest
import torch

from minigpt.models.layers.scoring import row_at
from tests.ui.harness import chart, made_run, plain, said, tiny_config
from tests.ui.screens.inspect.looking import TEXT, traced
from ui.screens.inspect.head.row import TIMES, in_words


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_text
    from ui.screens.inspect.head.row import scoring_table, show_row
    from ui.screens.inspect.overview import view_from_address
    from ui.services.models import trace_of, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    view = view_from_address(chosen, text, trace_of(run_id, step, text))
    st.session_state["table"] = scoring_table(view)
    show_row(view)


QUERY = {"text": TEXT, "layer": "2", "head": "2", "token": "7"}


def test_at_its_own_scale_the_row_is_the_models(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query=QUERY)
    weights = traced(run, TEXT).layers[1].weights[0, 1, 6, :7]
    drawn = chart(at, "row-at-scale")["series"][0]["data"]
    np.testing.assert_allclose(drawn, 100 * weights, atol=0.006)
    assert at.select_slider("url-times").value == "1"
    assert not at.exception


def test_at_zero_it_is_the_mean_of_the_past_and_that_is_said(draw):
    at = draw(show, run_id=made_run().id, query=QUERY | {"times": "0"})
    drawn = chart(at, "row-at-scale")["series"][0]["data"]
    assert drawn == pytest.approx([100 / 7] * 7, abs=0.01)
    assert any("mean of the past, 7 tokens" in one for one in said(at.caption))


def test_turning_the_scale_up_moves_the_bars(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query=QUERY)
    at.select_slider("url-times").set_value("16").run()
    assert at.query_params["times"] == "16"
    scores = traced(run, TEXT).layers[1].scores[0, 1, 6, :7]
    drawn = chart(at, "row-at-scale")["series"][0]["data"]
    np.testing.assert_allclose(drawn, 100 * (16 * scores).softmax(-1), atol=0.006)
    assert not at.exception


def test_saturation_is_told_by_what_a_score_still_moves():
    products = torch.tensor([1.0, 5.0, -2.0])
    words = [in_words(row_at(products, scale), scale) for scale in (0.1, 4.0)]
    assert "Spread over 2.9 of 3 tokens" in words[0]
    assert "Spread over 1.0 of 3 tokens" in words[1]
    assert "by 0.000 for each unit" in words[1]


@pytest.mark.parametrize("score", ["dot", "scaled_dot"])
def test_the_column_of_the_models_own_score_is_its_row(draw, score):
    run = made_run(config=tiny_config(model__attention_score=score))
    at = draw(show, run_id=run.id, query=QUERY)
    table = at.session_state["table"]
    weights = traced(run, TEXT).layers[1].weights[0, 1, 6, :7]
    name = {"dot": "dot product", "scaled_dot": "scaled dot product"}[score]
    np.testing.assert_allclose(table[f"share by {name}"][::-1], weights, atol=1e-5)
    assert table["token"].iloc[0].startswith("7 ")
    for column in ("dot product", "cosine", "scaled dot product"):
        assert table[f"share by {column}"].sum() == pytest.approx(1, abs=1e-5)


def test_the_scale_begins_at_nothing_and_holds_its_own():
    assert TIMES[0] == "0"
    assert "1" in TIMES


def test_the_title_names_the_token(draw):
    at = draw(show, run_id=made_run().id, query=QUERY)
    assert [plain(one) for one in said(at.subheader)] == ["What if? The row of token 7 a"]
