"""Where a training stands: enough to go on exactly."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only asks how far a training is need not wait for torch
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a training stands, besides its tensors."""

    step: int = 0
    seconds: float = 0.0
    """Time spent so far, in all processes that ever worked on it one after the other."""
    tokens_seen: int = 0
    best_loss: float | None = None
    """Lowest validation loss so far, nats per token."""
    looks_since_best: int = 0


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """All that a training needs to go on as if it had never stopped."""

    progress: Progress
    weights: "dict[str, Tensor]"
    memory: "dict[str, Tensor]"
    """What the optimizers remember of each weight, as "weight/what"."""
    loss_scale: dict[str, float]
    """What `LossScale` remembers; empty for other precisions than float16."""
