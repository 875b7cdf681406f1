"""What keeps float16's small gradients from vanishing (Micikevicius et al. 2018).

The loss is multiplied before the backward pass, the gradients are divided after it. The factor is
as large as it can be: it doubles now and then, and halves whenever a gradient overflows.
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

FIRST_SCALE = 2.0**16
STEPS_BEFORE_DOUBLING = 2000


class LossScale:
    """The factor and what is known about it."""

    def __init__(self, *, is_needed: bool) -> None:
        """Start with a large factor where one is needed, else with none."""
        self.is_needed = is_needed
        self.scale = FIRST_SCALE if is_needed else 1.0
        self.good_steps = 0
        """Steps since the factor last changed."""

    def scaled(self, loss: Tensor) -> Tensor:
        """The loss to take gradients of."""
        return loss * self.scale if self.is_needed else loss

    def unscale(self, parameters: Iterable[nn.Parameter]) -> None:
        """Bring gradients to their true size."""
        if self.is_needed:
            gradients = [one.grad for one in parameters if one.grad is not None]
            torch._foreach_div_(gradients, self.scale)

    def accepts(self, gradient_norm: float) -> bool:
        """Whether the weights may move; learns from the answer."""
        if not self.is_needed:
            return True
        if not math.isfinite(gradient_norm):
            self.scale, self.good_steps = self.scale / 2, 0
            return False
        self.good_steps += 1
        if self.good_steps >= STEPS_BEFORE_DOUBLING:
            self.scale, self.good_steps = self.scale * 2, 0
        return True

    def state(self) -> dict[str, float]:
        """What must be known to go on; empty where no factor is needed."""
        return {"scale": self.scale, "good_steps": self.good_steps} if self.is_needed else {}

    def restore(self, state: dict[str, float]) -> None:
        """Go on from there."""
        if self.is_needed and state:
            self.scale = float(state["scale"])
            # The first files came from PyTorch's own scaler.
            self.good_steps = int(state.get("good_steps", state.get("_growth_tracker", 0)))
