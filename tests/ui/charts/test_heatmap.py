import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.harness import numbers
from ui.charts.heatmap import (
    LARGEST_PIXELS,
    MOST_LABELS,
    SMALLEST_PIXELS,
    attention_heatmap,
    tallest,
)
from ui.theme import DARK, LIGHT

HOSTILE = ["<b>", "&lt;", "<br>", "a & b"]


def causal_weights(size, seed=0):
    """Rows that sum to one over a lower triangle, as a head has them."""
    scores = np.random.default_rng(seed).normal(size=(size, size)).astype(np.float32)
    shares = np.exp(scores) * np.tri(size, dtype=np.float32)
    return shares / shares.sum(axis=1, keepdims=True)


def draw(tokens, weights=None, colors=LIGHT):
    weights = causal_weights(len(tokens)) if weights is None else weights
    return attention_heatmap(weights, tokens, colors)


@given(st.integers(1, 20), st.integers(0, 5))
def test_every_cell_on_and_below_the_diagonal_is_the_weight_itself(size, seed):
    weights = causal_weights(size, seed)
    shown = draw(["a"] * size, weights).data[0].z
    rows, columns = np.tril_indices(size)
    assert shown.dtype == np.float32
    assert shown.shape == (size, size)
    assert (shown[rows, columns] == weights[rows, columns]).all()


def test_the_future_has_no_cell_at_all():
    shown = draw(list("abcd")).data[0].z
    assert np.isnan(shown[np.triu_indices(4, k=1)]).all()
    assert np.isfinite(shown[np.tril_indices(4)]).all()


def test_a_weight_above_the_diagonal_is_never_shown():
    shown = draw(["a", "b"], np.full((2, 2), 0.5, dtype=np.float32)).data[0].z
    assert np.isnan(shown[0, 1])


def test_weights_survive_the_way_to_the_browser():
    weights = causal_weights(5)
    sent = json.loads(draw(list("abcde"), weights).to_json())["data"][0]["z"]
    received = numbers(sent)
    assert received.dtype == np.float32
    np.testing.assert_array_equal(np.tril(np.nan_to_num(received)), weights)


def test_the_scale_spans_nothing_to_everything():
    heat = draw(list("ab")).data[0]
    assert (heat.zmin, heat.zmax) == (0.0, 1.0)
    assert not heat.hoverongaps


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_colours_are_those_of_the_theme_evenly_spaced(colors):
    scale = draw(list("ab"), colors=colors).data[0].colorscale
    assert [color for _, color in scale] == list(colors.weights)
    places = [place for place, _ in scale]
    assert places == pytest.approx(np.linspace(0, 1, len(colors.weights)))


def test_labels_stay_apart_though_tokens_repeat():
    heat = draw(list("aaaa")).data[0]
    assert list(heat.x) == list(heat.y)
    assert len(set(heat.x)) == 4


@pytest.mark.parametrize("axis", ["xaxis", "yaxis"])
def test_every_token_has_its_tick_and_white_space_a_sign(axis):
    figure = draw(["a", " ", "\n", "a"])
    ticks = figure.layout[axis]
    assert list(ticks.ticktext) == ["a", "␣", "↵", "a"]
    assert list(ticks.tickvals) == list(figure.data[0].x)


@pytest.mark.parametrize(("size", "every"), [(64, 1), (66, 2), (128, 2), (256, 4)])
def test_long_texts_have_as_many_labels_as_there_is_room_for(size, every):
    tokens = [str(position % 10) for position in range(size)]
    ticks = draw(tokens).layout.xaxis
    assert list(ticks.ticktext) == tokens[::every]
    assert len(ticks.ticktext) <= MOST_LABELS


def test_tokens_that_look_like_tags_are_shown_as_they_are():
    figure = draw(HOSTILE)
    shown = ["&lt;b>", "&amp;lt;", "&lt;br>", "a␣&amp;␣b"]
    assert list(figure.layout.xaxis.ticktext) == shown
    hovered = [label.partition("  ")[2] for label in figure.data[0].x]
    assert hovered == shown


def test_rows_look_and_columns_are_looked_at():
    weights = np.array([[1, 0], [0.25, 0.75]], dtype=np.float32)
    figure = draw(["q", "k"], weights)
    assert figure.data[0].z[1].tolist() == [0.25, 0.75]
    assert figure.data[0].hovertemplate.startswith("%{y} looks at %{x}<br>weight %{z")
    assert figure.layout.yaxis.autorange == "reversed"


def test_height_grows_with_the_text_within_limits():
    heights = [tallest(size) for size in (1, 20, 80)]
    assert heights[0] == SMALLEST_PIXELS
    assert heights[2] == LARGEST_PIXELS
    assert heights == sorted(heights)
    assert len(set(heights)) == 3


def test_the_figure_is_as_tall_as_what_holds_it():
    assert draw(["a"] * 20).layout.height is None
