import threading

import pytest
import torch

from minigpt.corpora import add_text
from minigpt.errors import MiniGPTError
from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import generate_text, open_model
from tests.ui.harness import SMALL_TEXT, made_run, tiny_config
from ui.services.heads import (
    SEED,
    TEMPERATURE,
    WRITTEN_TOKENS,
    effects_on_text,
    head_card,
    written_without,
)

TEXT = "To be a sea"


def run_with_text():
    return made_run(config=tiny_config(corpus__name=add_text("Sea and road", SMALL_TEXT).name))


def test_a_card_is_measured_once_for_all_who_look():
    run = run_with_text()
    first = head_card(run.id, 20)
    assert head_card(run.id, 20) is first
    assert head_card(run.id, 0) is not first
    first.measure(0.0)
    assert first.card.effects.windows == 1
    first.measure(60.0)
    assert first.card.is_done


def test_who_comes_while_another_measures_does_not_wait():
    shared = head_card(run_with_text().id, 20)
    with shared._lock:
        other = threading.Thread(target=shared.measure, args=(60.0,))
        other.start()
        other.join(10)
        assert not other.is_alive()
    assert shared.card.effects.windows == 0


def test_a_run_whose_text_is_gone_has_no_card():
    run = made_run(config=tiny_config(corpus__name="gone"))
    with pytest.raises(MiniGPTError):
        head_card(run.id, 20)


def test_effects_on_a_text_are_those_of_a_masked_trace():
    run = made_run()
    opened = open_model(run, step=20)
    ids = torch.tensor([opened.tokenizer.encode(TEXT)])
    mask = torch.ones(1, 2, 2)
    whole = trace(opened.model, ids[:, :-1]).logits
    mask[0, 1, 0] = 0
    without = trace(opened.model, ids[:, :-1], head_mask=mask).logits
    losses = [
        torch.nn.functional.cross_entropy(logits[0], ids[0, 1:]) for logits in (without, whole)
    ]
    found = effects_on_text(run.id, 20, TEXT)
    assert float(found[1, 0]) == pytest.approx(float(losses[0] - losses[1]), abs=1e-5)


def test_of_a_single_token_nothing_is_foretold():
    assert effects_on_text(made_run().id, 20, "T") is None


def test_what_is_written_differs_by_the_heads_alone():
    run = made_run()
    opened = open_model(run, step=20)
    whole = generate_text(opened, TEXT, tokens=WRITTEN_TOKENS, temperature=TEMPERATURE, seed=SEED)
    assert TEXT + written_without(run.id, 20, TEXT, ()) == whole
    assert written_without(run.id, 20, TEXT, ((0, 0), (0, 1), (1, 0), (1, 1))) != whole
