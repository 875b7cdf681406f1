import numpy as np
import pytest
import torch

from minigpt.introspection.flows import FLOWS, flows
from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run, part, tile_shades
from tests.ui.screens.inspect.looking import TEXT, show, traced
from ui.screens.inspect.overview import pale_words


@pytest.mark.parametrize("end", [1.0, 0.25])
def test_the_tiles_are_the_weights_of_every_head(draw, end):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT, "upto": str(end).removesuffix(".0")})
    data = part(at, "head-tiles")
    weights = traced(run, TEXT).attention[0].numpy()
    expected = (255 * (weights / end).clip(0, 1)).round()
    np.testing.assert_array_equal(tile_shades(data), expected[..., *np.tril_indices(len(TEXT))])
    assert data["clipped"] == bool(weights.max() > end)
    assert data["tokens"] == [one.replace(" ", "␣") for one in TEXT]
    assert not at.exception


@pytest.mark.parametrize("kind", FLOWS[1:])
def test_what_arrives_is_drawn_up_to_the_largest_of_all_heads(draw, kind):
    run = made_run()
    data = part(draw(show, run_id=run.id, query={"text": TEXT, "flow": kind}), "head-tiles")
    found = flows(open_model(run, step=20).model, traced(run, TEXT), kind)[0].numpy()
    assert data["end"] == pytest.approx(found.max())
    expected = (255 * found / found.max()).round()[..., *np.tril_indices(len(TEXT))]
    np.testing.assert_allclose(tile_shades(data), expected, atol=1)


def test_the_address_says_what_is_chosen(draw):
    at = draw(
        show, run_id=made_run().id, query={"text": TEXT, "layer": "2", "head": "2", "token": "4"}
    )
    view = at.session_state["view"]
    assert (view.layer, view.head, view.query) == (1, 1, 3)
    data = part(at, "text-strip")
    assert (data["layer"], data["head"], data["chosen"]) == (1, 1, 3)
    assert not at.exception


@pytest.mark.parametrize("wrong", ["9", "0", "-1", "x", "1_0", "²", "9" * 30])
def test_what_is_not_there_falls_back_to_the_first_head_and_the_last_token(draw, wrong):
    query = {"text": TEXT, "layer": wrong, "head": wrong, "token": wrong * 3, "looked": wrong * 9}
    at = draw(show, run_id=made_run().id, query=query)
    view = at.session_state["view"]
    assert (view.layer, view.head, view.query) == (0, 0, len(TEXT) - 1)
    assert not at.exception


def test_each_token_lists_what_the_model_expects_after_it(draw):
    run = made_run()
    data = part(draw(show, run_id=run.id, query={"text": TEXT}), "text-strip")
    odds = traced(run, TEXT).logits[0].softmax(-1)
    vocabulary = open_model(run, step=20).tokenizer.vocabulary
    for place, offered in enumerate(data["candidates"]):
        best = torch.topk(odds[place], 1)
        token, share = offered[0]
        assert token == vocabulary[int(best.indices)].replace(" ", "␣").replace("\n", "↵")
        assert share == pytest.approx(float(best.values))
        assert len(offered) == 5


@pytest.mark.parametrize(
    ("usual", "end", "lower"),
    [
        (0.5, 1.0, None),
        (0.15, 1.0, "0.5"),
        (0.01, 1.0, "0.1"),
        (0.01, 0.1, None),
        (0.15, 0.5, None),
    ],
)
def test_pale_maps_say_why_and_which_scale_shows_more(usual, end, lower):
    maps = np.tril(np.full((2, 2, 9, 9), usual / 2))
    maps[..., 0] = usual
    words = pale_words(maps, end)
    if lower is None:
        assert words is None
    else:
        assert f"no weight above {usual:.2f}" in words
        assert f"at {lower} one" in words
