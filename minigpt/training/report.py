"""What the training loop says after every step."""

from dataclasses import dataclass
from typing import Literal

Ending = Literal["steps", "patience", "time"]


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What one step did. Step 0 reports the model as it began and updates nothing."""

    step: int
    train_loss: float
    """Nats per token on this step's batch, before its update."""
    validation_loss: float | None
    """Nats per token on the validation windows after the update, where this step looked."""
    learning_rate: float
    gradient_norm: float
    """Length of the gradient of all weights together, before it was cut to the longest allowed."""
    tokens_seen: int
    ending: Ending | None = None
    """Which limit makes this the last step; None where more follow."""
