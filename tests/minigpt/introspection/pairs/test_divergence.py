import math

import pytest
import torch

from minigpt.introspection.pairs.divergence import divergence, judged_log_odds
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig


def test_it_is_zero_from_itself_and_by_hand_from_others():
    model = torch.tensor([[0.5, 0.25, 0.25]]).log()
    even = torch.full((1, 3), 1 / 3).log()
    assert divergence(model, model) == 0
    assert divergence(model, even) == pytest.approx(math.log(3) - 1.5 * math.log(2))


def test_log_odds_are_those_of_the_judged_places_text_after_text():
    torch.manual_seed(0)
    config = GPTConfig(context_length=6, width=8, num_layers=1, num_heads=2)
    model = build_model(config, vocabulary_size=5).eval()
    texts = torch.randint(5, (3, 6))
    judged = torch.zeros(3, 6, dtype=torch.bool)
    judged[0, 5] = judged[2, 1] = judged[2, 3] = True
    found = judged_log_odds(model, texts, judged)
    everything = model(texts).log_softmax(-1)
    expected = torch.stack([everything[0, 5], everything[2, 1], everything[2, 3]])
    torch.testing.assert_close(found, expected)
