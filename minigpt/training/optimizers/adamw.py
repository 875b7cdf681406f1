"""AdamW: every weight moves by its average gradient, divided by how large its gradients are.

Kingma and Ba 2015 ("Adam"), with the decay of Loshchilov and Hutter 2019 ("Decoupled weight decay
regularization"). Only matrices decay; offsets and gains stay free.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from minigpt.training.optimizers.base import Optimizer

EPSILON = 1e-8
AVERAGES = ("exp_avg", "exp_avg_sq")
STEPS = "step"


class AdamW(Optimizer):
    """All weights at once, in PyTorch's fused kernel."""

    state_names = frozenset({*AVERAGES, STEPS})

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        *,
        weight_decay: float = 0.0,
        betas: tuple[float, float] = (0.9, 0.999),
    ) -> None:
        """Average gradients and their squares over as many steps as the two `betas` say."""
        super().__init__(parameters)
        self.betas = betas
        self.decaying = [one for one in self.parameters if one.dim() >= 2]
        self.free = [one for one in self.parameters if one.dim() < 2]
        self.weight_decay = weight_decay
        self._averages: dict[nn.Parameter, dict[str, Tensor]] = {}
        self._steps = torch.zeros(())

    def step(self, rate: float) -> None:
        """Move every weight that has a gradient."""
        self._steps = self._steps + 1
        self._move(self.decaying, rate, self.weight_decay)
        self._move(self.free, rate, 0.0)

    def state(self) -> dict[nn.Parameter, dict[str, Tensor]]:
        """The averages of gradients and of their squares, and how many steps were made."""
        return {
            parameter: {**averages, STEPS: self._steps.clone()}
            for parameter, averages in self._averages.items()
        }

    def load_state(self, parameter: nn.Parameter, name: str, tensor: Tensor) -> None:
        """Take back one tensor of one weight."""
        if name == STEPS:
            self._steps = tensor
        else:
            self._averages.setdefault(parameter, {})[name] = tensor

    @torch.no_grad()
    def _move(self, parameters: list[nn.Parameter], rate: float, decay: float) -> None:
        moved, gradients = _with_gradients(parameters)
        if not moved:
            return
        averages = [self._averages_of(parameter) for parameter in moved]
        self._steps = self._steps.to(gradients[0].device)
        torch._fused_adamw_(
            [*moved],
            gradients,
            [one["exp_avg"] for one in averages],
            [one["exp_avg_sq"] for one in averages],
            [],
            [self._steps] * len(moved),
            lr=rate,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )

    def _averages_of(self, parameter: nn.Parameter) -> dict[str, Tensor]:
        if parameter not in self._averages:
            self._averages[parameter] = {name: torch.zeros_like(parameter) for name in AVERAGES}
        return self._averages[parameter]


def _with_gradients(
    parameters: Iterable[nn.Parameter],
) -> tuple[list[nn.Parameter], list[Tensor]]:
    pairs = [(one, one.grad) for one in parameters if one.grad is not None]
    return [one for one, _ in pairs], [gradient for _, gradient in pairs]
