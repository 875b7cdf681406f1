"""Muon: momentum whose direction is made orthogonal, for the matrices inside a model.

Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/. An update that is orthogonal moves
every direction of a matrix equally far, also those that gradients rarely point in.
"""

import math
from collections import defaultdict
from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minigpt.training.optimizers.base import Optimizer

Matrices = Float[Tensor, "count rows columns"]

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
"""A polynomial that is steep at zero: small singular values grow fast, none grows beyond 1.2."""
NEWTON_SCHULZ_STEPS = 5
ADAMW_SIZE = 0.2
"""How far AdamW typically moves a weight at learning rate one, as a root mean square."""
SMALLEST_LENGTH = 1e-7
MOMENTUM = "momentum"


def orthogonalise(matrices: Matrices) -> Matrices:
    """The nearest matrices whose singular values are all about one, by Newton-Schulz iteration.

    Works on many matrices of one shape at once. The singular values end between 0.7 and 1.2,
    which is near enough and takes no decomposition.
    """
    a, b, c = NEWTON_SCHULZ
    is_tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.transpose(-2, -1) if is_tall else matrices
    # (count, r, c) with r <= c, so that the Gram matrices, (count, r, r), are the small ones.
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

    state_names = frozenset({MOMENTUM})

    def __init__(
        self,
        matrices: Iterable[nn.Parameter],
        *,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        """Average gradients with that much weight on those before."""
        super().__init__(matrices)
        self.weight_decay, self.momentum = weight_decay, momentum
        self._averages: dict[nn.Parameter, Tensor] = {}

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Move every matrix that has a gradient."""
        alike: dict[torch.Size, list[tuple[nn.Parameter, Tensor]]] = defaultdict(list)
        for matrix in self.parameters:
            if matrix.grad is not None:
                alike[matrix.shape].append((matrix, self._look_ahead(matrix, matrix.grad)))
        for pairs in alike.values():
            self._move(*zip(*pairs, strict=True), rate=rate)

    def state(self) -> dict[nn.Parameter, dict[str, Tensor]]:
        """The average of each matrix's gradients."""
        return {matrix: {MOMENTUM: average} for matrix, average in self._averages.items()}

    def load_state(self, parameter: nn.Parameter, name: str, tensor: Tensor) -> None:
        """Take back the average of one matrix."""
        self._averages[parameter] = tensor

    def _move(
        self, matrices: tuple[nn.Parameter, ...], ahead: tuple[Tensor, ...], *, rate: float
    ) -> None:
        # All matrices of one shape: len(ahead) times (rows, columns), stacked into one tensor.
        size = rate * ADAMW_SIZE * math.sqrt(max(ahead[0].shape))
        updates = orthogonalise(torch.stack(ahead)).unbind(0)
        torch._foreach_mul_(matrices, 1 - rate * self.weight_decay)
        torch._foreach_add_(matrices, updates, alpha=-size)

    def _look_ahead(self, matrix: nn.Parameter, gradient: Tensor) -> Tensor:
        if matrix not in self._averages:
            self._averages[matrix] = torch.zeros_like(matrix)
        average = self._averages[matrix].lerp_(gradient, 1 - self.momentum)
        return gradient.lerp(average, self.momentum)
