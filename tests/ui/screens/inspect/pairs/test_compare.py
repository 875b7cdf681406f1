import io

import numpy as np
import pandas as pd
import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run, map_values, part, plain, said, tile_shades, tiny_config
from tests.ui.screens.inspect.looking import chosen_of

TEXT = "To be a sea"


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.navigation import ensure_frame
    from ui.screens.inspect.pairs import compare
    from ui.services.models import trained_model

    ensure_frame()
    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    compare.show(chosen, st.empty())


def weights(run, step=20):
    opened = open_model(run, step=step)
    ids = torch.tensor([opened.tokenizer.encode(TEXT)])
    return trace(opened.model, ids).attention[0].numpy()


def test_two_steps_of_one_run_are_compared_from_the_start(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT})
    data = part(at, "compare-tiles")
    difference = weights(run) - weights(run, 0)
    rows, columns = np.tril_indices(len(TEXT))
    expected = (255 * (difference[..., rows, columns] + 1) / 2).round()
    assert np.abs(tile_shades(data).astype(float) - expected).max() <= 1
    assert (data["low"], data["end"]) == (-1, 1)
    assert (data["words"]["low"], data["words"]["end"]) == ("-1", "1")
    assert not at.exception


def test_both_maps_of_the_chosen_head_are_shown_as_they_are(draw):
    run = made_run()
    query = {"text": TEXT, "layer": "2", "head": "1", "token": "5", "looked": "3"}
    at = draw(show, run_id=run.id, query=query)
    for number, step in enumerate((20, 0), start=1):
        data = part(at, f"compare-map-{number}")
        np.testing.assert_array_equal(map_values(data), weights(run, step)[1, 0])
        assert data["chosen"] == [4, 2]
    first, second = (100 * weights(run, step)[1, 0, 4, 2] for step in (20, 0))
    words = f"{first:.1f} % of its attention in the first model and {second:.1f} % in the second"
    assert any(words in plain(one) for one in said(at.markdown))


def test_small_differences_can_be_seen_on_a_scale_that_stays_symmetrical(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT, "upto": "0.1"})
    data = part(at, "compare-tiles")
    assert (data["low"], data["end"]) == (-0.1, 0.1)
    assert np.abs(weights(run) - weights(run, 0)).max() < 0.1
    assert (data["words"]["low"], data["words"]["end"]) == ("-0.1", "0.1")  # nothing lies beyond


def test_heads_can_be_paired_by_what_they_do(draw):
    run = made_run()
    query = {"text": TEXT, "with": run.id, "with-step": "20", "paired": "deed"}
    at = draw(show, run_id=run.id, query=query)
    titles = part(at, "compare-tiles")["titles"]
    assert titles == [["1.1 0 %", "1.2 0 %"], ["2.1 0 %", "2.2 0 %"]]  # each is most like itself
    assert not at.exception


def test_another_run_is_compared_at_its_best_step(draw):
    run, other = made_run(), made_run(name="Another")
    at = draw(show, run_id=run.id, query={"text": TEXT, "with": other.id})
    assert "Another, step 20" in map(plain, said(at.caption))
    assert not at.exception


def test_models_of_other_shapes_are_refused_with_both(draw):
    run = made_run()
    other = made_run(config=tiny_config(model__num_heads=4), name="Another")
    at = draw(show, run_id=run.id, query={"text": TEXT, "with": other.id})
    assert "2 layers of 2 heads, the second 2 of 4" in plain(at.error[0].value)
    assert not at.main.get("bidi_component")


def test_models_that_cut_text_otherwise_are_refused(draw):
    run = made_run()
    other = chosen_of("To be a sea. To be a road to the sea.", tokenizer="word")
    at = draw(show, run_id=run.id, query={"text": TEXT, "with": other.run_id})
    assert "into other tokens" in plain(at.error[0].value)


@pytest.mark.parametrize("by_deed", [False, True])
def test_the_file_holds_every_pair(by_deed):
    from ui.screens.inspect.pairs.compare import pair_heads, to_csv

    first = torch.rand(2, 2, 5, 5).tril()
    second = first.flip(1)
    pairing = pair_heads(first, second, by_deed=by_deed)
    table = pd.read_csv(io.BytesIO(to_csv(pairing, tuple("abcde"))))
    assert len(table) == 4 * 15
    np.testing.assert_allclose(table["difference"], table["first"] - table["second"], atol=1e-6)
    if by_deed:
        assert pairing.heads == [[(0, 1), (0, 0)], [(1, 1), (1, 0)]]
        assert np.abs(table["difference"]).max() == 0
    line = table[(table.layer == 2) & (table["head"] == 1) & (table.token == 5)].iloc[2]
    assert line["first"] == pytest.approx(float(first[1, 0, 4, 2]), abs=1e-6)
