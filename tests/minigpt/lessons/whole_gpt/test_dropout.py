import pytest
import torch

from minigpt.lessons.whole_gpt.dropout import drop_ones


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_what_is_left_becomes_what_torch_makes_of_it(share):
    torch_s = torch.nn.Dropout(share)(torch.ones(1000))
    seen = drop_ones(share)
    assert seen.factor == pytest.approx(torch_s.max().item())
    assert seen.silenced == pytest.approx(share, abs=0.05)
    assert seen.average == pytest.approx(1, abs=0.3)


def test_while_writing_nothing_is_silenced():
    assert drop_ones(0.5).generating.tolist() == [1.0] * 10
