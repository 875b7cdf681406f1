"""Muon: momentum whose direction is made orthogonal, for the matrices inside a model.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. An update that is orthogonal moves
every direction of a matrix equally far, also those that gradients rarely point in.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim import Optimizer

Matrices = Float[Tensor, "count rows columns"]

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""A polynomial that is steep at zero: small singular values grow fast, none grows beyond 1.2."""
NEWTON_SCHULZ_STEPS = 5
ADAMW_SIZE = 0.2
"""How far AdamW typically moves a weight at learning rate one, as a root mean square."""
SMALLEST_LENGTH = 1e-7


def orthogonalise(matrices: Matrices) -> Matrices:
    """The nearest matrices whose singular values are all about one, by Newton-Schulz iteration.

    Works on many matrices of one shape at once. The singular values end between 0.7 and 1.2,
    which is near enough and takes no decomposition.
    """
    a, b, c = NEWTON_SCHULZ
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.transpose(-2, -1) if is_tall else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp_min(SMALLEST_LENGTH)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.transpose(-2, -1)
        x = a * x + torch.baddbmm(b * gram, gram, gram, alpha=c) @ x
    orthogonal: Tensor = x.transpose(-2, -1) if is_tall else x
    return orthogonal


class Muon(Optimizer):
    """Nesterov momentum, made orthogonal, and weight decay apart from it.

    The size of an update is AdamW's (Liu et al. 2025, "Muon is scalable for LLM training"), so
    that one learning rate serves both.
    """

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        *,
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(
            list(matrices), {"lr": lr, "weight_decay": weight_decay, "momentum": momentum}
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]  # the base class may return the closure's loss; there is no closure here
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            for alike in _by_shape(group["params"]):
                self._move(alike, group)

    def _move(self, matrices: list[nn.Parameter], group: dict[str, Any]) -> None:
        ahead = torch.stack([self._look_ahead(matrix, group["momentum"]) for matrix in matrices])
        rows, columns = ahead.shape[-2:]
        size = group["lr"] * ADAMW_SIZE * math.sqrt(max(rows, columns))
        updates = orthogonalise(ahead).unbind(0)
        moved: list[Tensor] = list(matrices)
        torch._foreach_mul_(moved, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(moved, updates, alpha=-size)

    def _look_ahead(self, matrix: nn.Parameter, momentum: float) -> Tensor:
        gradient = matrix.grad
        if gradient is None:
            raise RuntimeError("A matrix without a gradient cannot be moved.")
        state = self.state[matrix]
        if not state:
            state["momentum"] = torch.zeros_like(matrix)
        average: Tensor = state["momentum"].lerp_(gradient, 1 - momentum)
        return gradient.lerp(average, momentum)


def _by_shape(parameters: Iterable[nn.Parameter]) -> Iterable[list[nn.Parameter]]:
    alike: dict[torch.Size, list[nn.Parameter]] = defaultdict(list)
    for parameter in parameters:
        if parameter.grad is not None:
            alike[parameter.shape].append(parameter)
    return alike.values()
