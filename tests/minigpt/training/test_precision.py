import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.training import precision as device_module
from minigpt.training.config import ComputeConfig
from minigpt.training.precision import (
    choose_device,
    precision_context,
    require_precision,
    seed_device,
)

CPU = torch.device("cpu")


def test_the_processor_is_always_there():
    assert choose_device(ComputeConfig(device="cpu")) == CPU


def test_a_graphics_card_is_taken_where_there_is_one_and_each_process_has_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    chosen = [choose_device(ComputeConfig(), rank=rank) for rank in range(3)]
    assert [str(one) for one in chosen] == ["cuda:0", "cuda:1", "cuda:0"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a graphics card")
def test_a_device_that_is_not_there_is_refused_by_name():
    with pytest.raises(ConfigurationError, match="no cuda device") as refusal:
        choose_device(ComputeConfig(device="cuda"))
    assert refusal.value.field == "compute.device"


def test_a_precision_the_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(device_module, "_has_bfloat16", lambda _: False)
    with pytest.raises(ConfigurationError, match="cannot compute in bfloat16") as refusal:
        require_precision(ComputeConfig(precision="bfloat16"), CPU)
    assert refusal.value.field == "compute.precision"
    require_precision(ComputeConfig(), CPU)


def test_float16_without_a_card_is_refused():
    with pytest.raises(ConfigurationError, match="cannot compute in float16"):
        require_precision(ComputeConfig(precision="float16"), CPU)


def test_products_are_computed_in_the_chosen_precision():
    matrix = torch.ones(2, 2)
    with precision_context(ComputeConfig(precision="bfloat16"), CPU):
        assert (matrix @ matrix).dtype == torch.bfloat16
    with precision_context(ComputeConfig(), CPU):
        assert (matrix @ matrix).dtype == torch.float32


def test_what_is_drawn_follows_from_the_seed():
    def drawn(number):
        seed_device(CPU, number)
        return torch.rand(3)

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
