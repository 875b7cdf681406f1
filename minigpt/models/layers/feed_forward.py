"""The part of a block in which each position works on its own, four times as wide."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from minigpt.models.configs.parts import Activation, feed_forward_widths
from minigpt.shapes import Residual


class FeedForward(nn.Module):
    """Expand, activate, project back."""

    def __init__(
        self, *, width: int, activation: Activation, bias: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.activation = activation
        expanded, activated = feed_forward_widths(width, activation)
        # Expand and project; both attributes are names of arrays in saved files, so they stay.
        self.widen = nn.Linear(width, expanded, bias=bias)
        self.narrow = nn.Linear(activated, width, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, residual: Residual) -> Residual:
        """Transform every position by itself."""
        expanded = self.widen(residual)  # (B, T, C) -> (B, T, expanded)
        projected: Tensor = self.dropout(self.narrow(self.activate(expanded)))  # -> (B, T, C)
        return projected

    def activate(self, expanded: Float[Tensor, "... expanded"]) -> Float[Tensor, "... activated"]:
        """The activation function between the two maps; only a gate returns fewer channels."""
        match self.activation:
            case "relu":
                return functional.relu(expanded)
            case "relu_squared":
                return functional.relu(expanded).square()  # So et al. 2021, "Primer"
            case "swiglu":
                gate, value = expanded.chunk(2, dim=-1)  # Shazeer 2020
                return functional.silu(gate) * value
            case "gelu":
                return functional.gelu(expanded, approximate="tanh")  # as in GPT-2
            case "gelu_exact":
                return functional.gelu(expanded)  # Hendrycks and Gimpel 2016
