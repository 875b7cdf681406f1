import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import open_model
from tests.ui.harness import chart, made_run, said, texts
from tests.ui.screens.inspect.looking import TEXT
from ui.services.heads import written_without
from ui.wording import glyph


def show(run_id, step=20):
    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_text
    from ui.screens.inspect.head.switchboard import heads_off, show_switch, show_without
    from ui.screens.inspect.overview import view_from_address
    from ui.services.models import trace_of, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    view = view_from_address(chosen, text, trace_of(run_id, step, text))
    off = heads_off(view.chosen)
    show_switch(view, off)
    show_without(view, off)


def test_silencing_the_chosen_head_is_written_into_the_address_and_undone(draw):
    at = draw(show, run_id=made_run().id, query={"text": TEXT, "layer": "2"})
    assert not at.metric
    at.button[0].click().run()
    assert at.query_params["off"] == "2.1"
    assert "Without heads 2.1" in said(at.subheader)
    assert at.button[0].label == "Let this head work"
    at.button[1].click().run()
    assert "off" not in at.query_params
    assert not at.metric
    assert not at.exception


def test_both_models_are_shown_with_their_own_numbers(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT, "off": "2.1,1.2"})
    opened = open_model(run, step=20)
    ids = torch.tensor([opened.tokenizer.encode(TEXT)])
    mask = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    for metric, silent, off in zip(at.metric, (None, mask), ((), ((0, 1), (1, 0))), strict=True):
        logits = trace(opened.model, ids, head_mask=silent).logits
        loss = torch.nn.functional.cross_entropy(logits[0, :-1], ids[0, 1:])
        assert float(metric.value) == pytest.approx(float(loss), abs=2e-4)
        best = opened.tokenizer.vocabulary[int(logits[0, -1].argmax())]
        assert chart(at, f"without-{metric.label}")["yAxis"]["data"][0] == glyph(best)
        text = TEXT + written_without(run.id, 20, TEXT, off)
        assert text.rstrip() in [shown.rstrip() for shown in texts(at)]
    assert not at.exception


@pytest.mark.parametrize("wrong", ["", "9.9", "0.0", "x", "1.1.1", "2", "<b>"])
def test_heads_that_are_not_there_cannot_be_switched_off(draw, wrong):
    at = draw(show, run_id=made_run().id, query={"text": TEXT, "off": wrong})
    assert not at.metric
    assert not at.exception
