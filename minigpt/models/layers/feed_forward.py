"""The part of a block in which each position works on its own, four times as wide."""

from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from minigpt.models.configs.parts import Activation, feed_forward_widths
from minigpt.shapes import Residual


class FeedForward(nn.Module):
    """Widen, bend, narrow."""

    def __init__(
        self, *, width: int, activation: Activation, bias: bool = True, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.activation = activation
        widened, narrowed = feed_forward_widths(width, activation)
        self.widen = nn.Linear(width, widened, bias=bias)
        self.narrow = nn.Linear(narrowed, width, bias=bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, residual: Residual) -> Residual:
        """Transform every position by itself."""
        narrowed: Tensor = self.dropout(self.narrow(self.activate(self.widen(residual))))
        return narrowed

    def activate(self, widened: Float[Tensor, "B T widened"]) -> Float[Tensor, "B T narrowed"]:
        """The bend between the two maps; only the gated one also narrows."""
        match self.activation:
            case "relu":
                return functional.relu(widened)
            case "relu_squared":
                return functional.relu(widened).square()  # So et al. 2021, "Primer"
            case "swiglu":
                gate, value = widened.chunk(2, dim=-1)  # Shazeer 2020
                return functional.silu(gate) * value
            case "gelu":
                return functional.gelu(widened, approximate="tanh")
