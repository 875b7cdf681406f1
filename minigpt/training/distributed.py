"""The processes that share one training: each computes its part of every batch.

Under `torchrun` there are several, started alike on one machine or on many; else there is one.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import torch
from torch import distributed

from minigpt.training import ranks


@dataclass(frozen=True)
class World:
    """This process among its equals."""

    rank: int = 0
    """Which one this is. The first, 0, writes files."""
    size: int = 1
    """How many there are."""
    local_rank: int = 0
    """Which one this is on its own machine."""

    @property
    def is_first(self) -> bool:
        """Whether this one speaks for all."""
        return self.rank == 0

    def mean(self, *values: float) -> list[float]:
        """The averages of what every process gives; the same list in each."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64)
        distributed.all_reduce(shared)
        return [value / self.size for value in shared.tolist()]

    def agree(self, value: object) -> object:
        """What the first process says; the others' values are ignored."""
        if self.size == 1:
            return value
        said = [value]
        distributed.broadcast_object_list(said, src=0)
        return said[0]


@contextmanager
def joined_world() -> Iterator[World]:
    """Meet the other processes, if there are any, and part from them at the end."""
    if not ranks.is_shared():
        yield World()
    elif distributed.is_initialized():  # whoever met them parts from them
        yield _world()
    else:
        # Both, so that tensors of either kind can be exchanged where there are graphics cards.
        cards = torch.cuda.is_available()
        distributed.init_process_group("cpu:gloo,cuda:nccl" if cards else "gloo")
        try:
            yield _world()
            with suppress(RuntimeError):  # whoever failed does not come
                distributed.barrier()  # nobody closes a connection that another still uses
        finally:
            distributed.destroy_process_group()


def _world() -> World:
    return World(distributed.get_rank(), distributed.get_world_size(), ranks.local_rank())
