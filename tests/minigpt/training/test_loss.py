import math

import pytest
import torch
from torch.nn import functional

from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.bigram import Bigram
from minigpt.training.batches import Batch
from minigpt.training.loss import mean_loss, next_token_loss


def test_the_loss_by_hand():
    odds = torch.tensor([[[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]])
    loss = next_token_loss(odds.log(), torch.tensor([[0, 2]]))
    assert loss.item() == pytest.approx(-(math.log(0.5) + math.log(0.7)) / 2)


def test_guessing_evenly_costs_the_logarithm_of_the_vocabulary():
    loss = next_token_loss(torch.zeros(2, 3, 65), torch.zeros(2, 3, dtype=torch.long))
    assert loss.item() == pytest.approx(math.log(65))


def test_being_sure_and_right_costs_nothing():
    targets = torch.tensor([[0, 2, 1]])
    assert next_token_loss(100.0 * functional.one_hot(targets, 3), targets).item() == 0


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Bigram(BigramConfig(), vocabulary_size=5)


def test_every_token_weighs_the_same_however_the_windows_are_grouped(model):
    inputs, targets = torch.randint(5, (2, 7, 8))
    whole = Batch(inputs, targets)
    uneven = [Batch(inputs[:5], targets[:5]), Batch(inputs[5:6, :3], targets[5:6, :3])]
    by_hand = [
        -model.table.weight.log_softmax(-1)[now, then].item()
        for batch in uneven
        for now, then in zip(batch.inputs.flatten(), batch.targets.flatten(), strict=True)
    ]
    assert mean_loss(model, uneven) == pytest.approx(sum(by_hand) / len(by_hand))
    halves = [Batch(inputs[:6], targets[:6]), Batch(inputs[6:], targets[6:])]
    assert mean_loss(model, halves) == pytest.approx(mean_loss(model, [whole]))


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_meanwhile_and_then_as_before(build_tiny, tiny_config, training):
    model = build_tiny(tiny_config("gpt"))
    model.train(training)
    during = []
    model.register_forward_hook(lambda *_: during.append(model.training))
    mean_loss(model, [Batch(torch.zeros(1, 2).long(), torch.zeros(1, 2).long())])
    assert during == [False]
    assert model.training is training


def test_judging_leaves_no_gradients(model):
    mean_loss(model, [Batch(torch.zeros(1, 2).long(), torch.zeros(1, 2).long())])
    assert model.table.weight.grad is None
