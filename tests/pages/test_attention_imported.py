"""A folder in GPT-2's form, made elsewhere, in every mode of the page of attention."""

import numpy as np
import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.runs.analysis.inside.swap import other_text, swaps
from minigpt.runs.trained_model import open_model
from tests.ui.harness import map_values, part, plain, said

TEXT = "To be, or not to be, that is the question"
LONG = "To be, or not to be. JULIET: the road to the sea is on the train of question"


def weights(run, text):
    opened = open_model(run)
    return trace(opened.model, torch.tensor([opened.tokenizer.encode(text)])).attention[0].numpy()


@pytest.mark.parametrize("stage", ["products", "weights", "mixed"])
def test_one_text(visit, imported, stage):
    at = visit("attention", run=imported.id, text=TEXT, stage=stage, off="1.1", silent="mean")
    if stage == "weights":
        np.testing.assert_array_equal(
            map_values(part(at, "head-map")), weights(imported, TEXT)[0, 0]
        )
    assert any("on average over this text" in one for one in said(at.caption))
    assert len(part(at, "head-tiles")["tokens"]) < len(TEXT)  # pieces of words
    assert not at.exception


def test_its_weights_as_lines(visit, imported):
    at = visit("attention", run=imported.id, text=TEXT, picture="lines", times="4")
    assert part(at, "head-lines")["tokens"] == part(at, "head-tiles")["tokens"]
    assert not at.exception


def test_with_itself_nothing_differs(visit, imported):
    at = visit("attention", run=imported.id, text=TEXT, mode="compare")
    titles = part(at, "compare-tiles")["titles"]
    assert all(one.endswith(" 0 %") for row in titles for one in row)
    assert not at.exception


def test_two_texts(visit, imported):
    at = visit("attention", run=imported.id, text=TEXT, mode="swap")
    opened = open_model(imported)
    other = other_text(opened, TEXT)
    assert at.text_area[1].value == other
    made = swaps(opened, TEXT, other)
    np.testing.assert_allclose(map_values(part(at, "swap-map")), made.moved.numpy(), atol=2e-4)
    assert any("It moves the guess" in plain(one) for one in said(at.markdown))
    assert not at.exception


def test_its_heads_are_judged_on_what_is_in_the_box(visit, imported):
    at = visit("attention", run=imported.id, text=LONG)
    assert any("so each head is silenced on your text." in one for one in said(at.caption))
    table = at.dataframe[-1].value
    assert len(table) == 6
    assert "untrained" not in table.columns
    assert any("The heads were judged on this text alone" in plain(one) for one in said(at.caption))
    assert not at.error
    assert not at.exception
