import subprocess
import sys

import pytest
import torch
from torch import nn

from minigpt.training.optimizers.adamw import AdamW
from minigpt.training.optimizers.muon import Muon

KINDS = {"adamw": AdamW, "muon": Muon}
NOTHING_LOADED = """
import sys
import torch
from torch import nn
from minigpt.training.optimizers.adamw import AdamW
from minigpt.training.optimizers.muon import Muon
for kind in (AdamW, Muon):
    weights = nn.Parameter(torch.ones(3, 3))
    weights.grad = torch.ones(3, 3)
    kind([weights]).step(0.1)
assert "torch._dynamo" not in sys.modules
"""


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_nothing_moves_at_a_learning_rate_of_zero(kind):
    weights = nn.Parameter(torch.randn(4, 4))
    before = weights.detach().clone()
    weights.grad = torch.randn(4, 4)
    kind([weights], weight_decay=0.5).step(0.0)
    assert torch.equal(weights.detach(), before)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_it_finds_the_lowest_point_of_a_bowl(kind):
    weights, goal = nn.Parameter(torch.zeros(3, 3)), torch.eye(3)
    optimizer = kind([weights])
    for step in range(300):
        weights.grad = (weights - goal).detach()
        optimizer.step(0.3 * (1 - step / 300))
    torch.testing.assert_close(weights.detach(), goal, atol=0.05, rtol=0)


def test_moving_weights_does_not_load_the_compiler():
    done = subprocess.run([sys.executable, "-c", NOTHING_LOADED], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
