"""What the training loop says of itself: a report after every step, and a state to go on from."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

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
    evaluations_since_best: int = 0
    """Evaluations in a row that brought no lower loss; what patience counts."""


@dataclass(frozen=True, kw_only=True)
class TrainingState:
    """All that a training needs to go on as if it had never stopped."""

    progress: Progress
    weights: "dict[str, Tensor]"
    optimizer_state: "dict[str, Tensor]"
    """What the optimizers keep for each weight, as "weight/name"."""
    loss_scale: dict[str, float]
    """The state of `LossScale`; empty for other precisions than float16."""


Ending = Literal["steps", "patience", "time"]


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What one step did. Step 0 reports the model as it began and updates nothing."""

    step: int
    train_loss: float | None
    """The last batch's loss: nats per token, before its update; None at step 0, which drew none."""
    validation_loss: float | None
    """Nats per token on the validation windows after the update, where this step evaluated."""
    learning_rate: float
    gradient_norm: float | None
    """Length of the gradient of all weights together, before it was cut to the longest allowed;
    None at step 0."""
    tokens_seen: int
    training_part_loss: float | None = None
    """Nats per token on fixed windows of the training part, where this step evaluated: what the
    validation loss can be compared with. One batch is not, being other text at every step."""
    ending: Ending | None = None
    """Which limit makes this the last step; None where more follow."""
