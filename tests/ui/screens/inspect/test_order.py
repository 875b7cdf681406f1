import numpy as np
import pytest
import torch

from minigpt.corpora import add_text
from minigpt.errors import MiniGPTError
from tests.ui.harness import SMALL_TEXT, made_run, part, plain, said, tiny_config
from tests.ui.screens.inspect.looking import TEXT
from ui.screens.inspect import one_text
from ui.screens.inspect.order import SHOWN
from ui.services.heads import SharedCard, head_card


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect import one_text
    from ui.services.models import trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    one_text.show(chosen, st.empty())


@pytest.fixture(autouse=True)
def _no_way_to_another_page(monkeypatch):
    """A part of a page that is drawn alone has no other pages beside it."""
    monkeypatch.setattr(one_text, "show_here", lambda _looked: None)


@pytest.fixture
def run():
    return made_run(config=tiny_config(corpus__name=add_text("Sea and road", SMALL_TEXT).name))


@pytest.fixture
def card(run):
    shared = head_card(run.id, 20)
    shared.measure(60.0)
    return shared.card


def values_of(card, by):
    if by == "effect":
        return card.effects.estimate.mean
    return card.looks.entropy if by == "evenness" else card.looks.shares[by].heads


@pytest.mark.parametrize("by", ["effect", "previous", "first", "evenness"])
def test_heads_are_sorted_by_what_was_measured_and_say_it(draw, run, card, by):
    at = draw(show, run_id=run.id, query={"text": TEXT, "sorted": by})
    data = part(at, "head-tiles")
    values = values_of(card, by)
    sorted_values = [float(values[tuple(place)]) for place in data["order"]]
    assert sorted_values == sorted(sorted_values, reverse=True)
    assert data["sorted"]
    for layer, head in data["order"]:
        value = float(values[layer, head])
        number = f"{value:+.3f}" if by == "effect" else f"{100 * value:.0f} %"
        assert data["titles"][layer][head].endswith(number)
    assert any(plain(one).startswith("Sorted: first the head") for one in said(at.caption))
    assert not at.exception


def test_a_share_stands_beside_its_chance(draw, run, card):
    at = draw(show, run_id=run.id, query={"text": TEXT, "sorted": "previous"})
    chance = card.looks.shares["previous"].chance
    words = "the token just before. The numbers say how much; looking everywhere alike gives "
    assert any(words + f"{100 * chance:.0f} %." in one for one in said(at.caption))


def test_unless_chosen_heads_stand_by_layer(draw, run):
    data = part(draw(show, run_id=run.id, query={"text": TEXT}), "head-tiles")
    assert not data["sorted"]
    assert data["titles"] == [["1.1", "1.2"], ["2.1", "2.2"]]


def test_before_anything_was_measured_nothing_is_sorted_by_it(draw, run, monkeypatch):
    # Else the rest of the page measures, and where it is quick the tiles are drawn again.
    monkeypatch.setattr(SharedCard, "measure", lambda *_: None)
    data = part(draw(show, run_id=run.id, query={"text": TEXT, "sorted": "effect"}), "head-tiles")
    assert not data["sorted"]


def test_where_nothing_can_be_measured_no_order_is_offered(draw):
    run = made_run(config=tiny_config(corpus__name="gone"))
    with pytest.raises(MiniGPTError):
        head_card(run.id, 20)
    at = draw(show, run_id=run.id, query={"text": TEXT[:2], "sorted": "previous"})
    assert not part(at, "head-tiles")["sorted"]
    assert "Order of the heads" not in [one.label for one in at.selectbox]
    assert not at.exception


def test_every_order_has_a_name():
    assert all(SHOWN[name] for name in SHOWN if name)


def test_a_silent_head_can_bring_its_average(draw, run):
    at = draw(show, run_id=run.id, query={"text": TEXT, "off": "1.1", "silent": "mean"})
    assert at.button_group("url-silent").value == "mean"
    assert any("on average over the validation text" in one for one in said(at.caption))
    assert head_card(run.id, 20, by_mean=True).card.means is not None
    assert head_card(run.id, 20).card.means is None
    losses = [metric.value for metric in at.metric]
    at.button_group("url-silent").set_value("zero").run()
    assert "silent" in at.query_params
    again = [metric.value for metric in at.metric]
    assert losses[0] == again[0]  # the whole model
    assert losses[1] != again[1]
    assert not at.exception


def test_averages_are_over_the_validation_text_where_it_is_here(run):
    from minigpt.introspection.ablation import head_means, plain_pass
    from minigpt.runs.trained_model import open_model
    from ui.services.heads import average_outputs, effects_on_text

    means, is_of_validation = average_outputs(run.id, 20, TEXT)
    assert is_of_validation
    torch.testing.assert_close(means, head_card(run.id, 20, by_mean=True).card.means)
    gone = made_run(config=tiny_config(corpus__name="gone"))
    means, is_of_validation = average_outputs(gone.id, 20, TEXT)
    assert not is_of_validation
    opened = open_model(gone, step=20)
    ids = torch.tensor([opened.tokenizer.encode(TEXT)])
    torch.testing.assert_close(means, head_means(plain_pass(opened.model, ids, ids)))
    zero, mean = (effects_on_text(run.id, 20, TEXT, by_mean=one) for one in (False, True))
    assert not np.allclose(zero, mean)
