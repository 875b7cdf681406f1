"""From the stream to logits as a linear map, the norm before it held still.

A norm divides a vector by its own size, so the logits of a sum are not the sum of the logits. With
that size frozen at what it was at one position, all that is left is linear: whatever was added to
the stream there has its own share in every logit (as in Elhage et al. 2021, "A mathematical
framework for transformer circuits").
"""

import copy
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.norms import LayerNorm, RootMeanSquareNorm


@dataclass(frozen=True)
class Readout:
    """How one position's stream becomes logits, as a linear map and an offset."""

    frozen: LanguageModel
    """The model, its last norm held still."""
    offset: Float[Tensor, " V"]
    """The logits of a stream of nothing: what the last norm and the output add by themselves."""
    width: int
    """Channels of the stream."""

    def pushes(self, vectors: Float[Tensor, "parts C"]) -> Float[Tensor, "parts V"]:
        """By how much each vector, as a part of the stream, raises each token's logit."""
        with torch.inference_mode():
            return self.frozen.unembed(vectors[None])[0] - self.offset

    def direction(self, token: int, against: int | None = None) -> Float[Tensor, " C"]:
        """What a vector's dot product with is its push to a token's logit.

        Against another token: to how far the one's logit is above the other's.
        """
        wanted = torch.zeros_like(self.offset)
        wanted[token] = 1
        if against is not None:
            wanted[against] -= 1
        return self._direction(wanted)

    def above_mean(self, token: int) -> Float[Tensor, " C"]:
        """The same for how far the token's logit is above the mean of all."""
        wanted = torch.full_like(self.offset, -1 / len(self.offset))
        wanted[token] += 1
        return self._direction(wanted)

    def _direction(self, wanted: Float[Tensor, " V"]) -> Float[Tensor, " C"]:
        with torch.enable_grad():
            nothing = torch.zeros(1, 1, self.width, device=self.offset.device, requires_grad=True)
            logits = self.frozen.unembed(nothing)[0, 0]
            (direction,) = torch.autograd.grad(logits, nothing, wanted)
        found: Float[Tensor, " C"] = direction[0, 0]
        return found


def readout(model: LanguageModel, residual: Float[Tensor, " C"]) -> Readout:
    """The readout of the position whose stream, after the last block, is `residual`."""
    twin = _with_frozen_norms(model, residual)
    with torch.inference_mode():
        offset = twin.unembed(torch.zeros_like(residual)[None, None])[0, 0]
    return Readout(twin, offset, len(residual))


def _with_frozen_norms(model: LanguageModel, residual: Float[Tensor, "*K C"]) -> LanguageModel:
    twin = copy.copy(model)
    # A shell of its own, so that norms can be exchanged in it; weights are shared.
    vars(twin)["_modules"] = {
        name: frozen_norm(part, residual) if is_norm(part) else part
        for name, part in model.named_children()
    }
    return twin


def pushes_beside(
    model: LanguageModel, vectors: Float[Tensor, "K C"], residuals: Float[Tensor, "K C"]
) -> Float[Tensor, "K V"]:
    """What each vector, as a part of a stream of its own, raises each token's logit by.

    The same as a `readout` for each, but the way back to tokens is gone once for all of them.
    """
    twin = _with_frozen_norms(model, residuals)
    with torch.inference_mode():
        told: Float[Tensor, "K V"] = twin.unembed(vectors[None])[0]
        return told - readout(model, residuals[0]).offset  # which no size changes


def has_last_norm(model: LanguageModel) -> bool:
    """Whether logits depend on the size of the stream that they are read from."""
    return any(map(is_norm, model.children()))


def is_norm(part: nn.Module | None) -> bool:
    """Whether it divides vectors by their size."""
    return isinstance(part, LayerNorm | RootMeanSquareNorm)


class FrozenNorm(nn.Module):
    """A norm that divides every vector by what it divided one vector by, or each by one's own."""

    def __init__(self, norm: nn.Module, size: Float[Tensor, "*K 1"]) -> None:
        super().__init__()
        self.norm, self.size = norm, size

    def forward(self, vectors: Float[Tensor, "... C"]) -> Float[Tensor, "... C"]:
        """Linear, but for the norm's bias."""
        if not isinstance(self.norm, LayerNorm):
            return vectors / self.size
        centred = (vectors - vectors.mean(-1, keepdim=True)) / self.size
        scaled = centred * self.norm.weight
        return scaled if self.norm.bias is None else scaled + self.norm.bias


def frozen_norm(norm: nn.Module, residual: Float[Tensor, "*K C"]) -> FrozenNorm:
    """The norm as it was for one vector, or for each of several."""
    if isinstance(norm, LayerNorm):
        variance = residual.var(-1, correction=0, keepdim=True)
        return FrozenNorm(norm, (variance + norm.eps).sqrt())
    epsilon = torch.finfo(residual.dtype).eps  # as PyTorch's own has it
    return FrozenNorm(norm, (residual.square().mean(-1, keepdim=True) + epsilon).sqrt())
