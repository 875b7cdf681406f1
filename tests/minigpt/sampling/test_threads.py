import pytest
import torch

from minigpt.sampling import generate
from minigpt.sampling.generate import few_threads


@pytest.fixture(autouse=True)
def three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_a_small_model_gets_one_thread_and_the_others_come_back(tiny_model):
    with few_threads(tiny_model):
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_they_come_back_after_an_error_too(tiny_model):
    with pytest.raises(KeyError), few_threads(tiny_model):
        raise KeyError
    assert torch.get_num_threads() == 3


def test_a_large_model_keeps_them(tiny_model, monkeypatch):
    monkeypatch.setattr(generate, "SMALL_MODEL", 10)
    with few_threads(tiny_model):
        assert torch.get_num_threads() == 3
