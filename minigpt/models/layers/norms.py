"""Normalisation of vectors: of the residual stream, or of queries and keys."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional

from minigpt.models.configs.parts import Norm


class LayerNorm(nn.LayerNorm):
    """Brings each vector to mean 0 and variance 1, then scales and shifts it (Ba et al. 2016).

    PyTorch's, but for the gradients of scale and shift on a processor: those are sums over all
    vectors, which PyTorch adds up in as many parts as there are threads. Here they do not depend on
    that, so that a training may change its number of threads and keep every bit.
    """

    def forward(self, vectors: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Normalise each vector over its channels."""
        is_plain = vectors.device.type == "cpu" and not torch.is_autocast_enabled("cpu")
        if is_plain and torch.is_grad_enabled() and not torch.compiler.is_compiling():
            normed: Tensor = _SummedInOrder.apply(vectors, self.weight, self.bias, self.eps)  # type: ignore[no-untyped-call]  # torch has no types for it
            return normed
        return super().forward(vectors)


class _SummedInOrder(Function):
    """LayerNorm whose sums over vectors are taken in one order whatever computes them."""

    @staticmethod
    def forward(
        context: Any, vectors: Tensor, weight: Tensor, bias: Tensor | None, eps: float
    ) -> Tensor:
        normed, mean, inverse_deviation = torch.native_layer_norm(
            vectors, list(weight.shape), weight, bias, eps
        )
        context.save_for_backward(vectors, weight, mean, inverse_deviation)
        context.has_bias = bias is not None
        return normed

    @staticmethod
    def backward(
        context: Any, *gradients: Tensor
    ) -> tuple[Tensor | None, Tensor, Tensor | None, None]:
        (gradient,) = gradients
        vectors, weight, mean, inverse_deviation = context.saved_tensors
        to_vectors, _, _ = torch.ops.aten.native_layer_norm_backward(
            gradient, vectors, list(weight.shape), mean, inverse_deviation, weight, None,
            [True, False, False],
        )  # fmt: skip
        every_vector = tuple(range(vectors.dim() - 1))
        to_weight = (vectors - mean).mul_(inverse_deviation).mul_(gradient).sum(every_vector)
        to_bias = gradient.sum(every_vector) if context.has_bias else None
        return to_vectors, to_weight, to_bias, None


class RootMeanSquareNorm(nn.Module):
    """Divides each vector by its root mean square (Zhang and Sennrich 2019), with no gain."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.shape = (size,)

    def forward(self, vectors: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Bring each vector to a root mean square of one."""
        return functional.rms_norm(vectors, self.shape)


class UnitLength(nn.Module):
    """Divides each vector by its length, which turns dot products into cosines."""

    def forward(self, vectors: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Bring each vector to length one."""
        return functional.normalize(vectors, dim=-1)


def build_norm(kind: Norm, width: int, *, bias: bool) -> nn.Module:
    """The normalisation of that name over `width` channels."""
    return RootMeanSquareNorm(width) if kind == "rms" else LayerNorm(width, bias=bias)
