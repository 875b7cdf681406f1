"""Normalisation of vectors: of the residual stream, or of queries and keys."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from minigpt.models.configs.parts import Norm


class RootMeanSquareNorm(nn.Module):
    """Divides each vector by its root mean square; learns nothing (Zhang and Sennrich 2019)."""

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
    return RootMeanSquareNorm(width) if kind == "rms" else nn.LayerNorm(width, bias=bias)
