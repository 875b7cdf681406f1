import torch

from minigpt.jobs.worker import recorder
from minigpt.jobs.worker.recorder import memory_in_use


def test_a_large_array_is_seen():
    before = memory_in_use()
    held = torch.ones(64 * 2**20, dtype=torch.uint8)
    assert memory_in_use() - before > 32 * 2**20
    assert held.numel() == 64 * 2**20


def test_without_proc_the_most_ever_held_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(recorder, "STATUS", tmp_path / "nothing")
    assert memory_in_use() > 10 * 2**20
