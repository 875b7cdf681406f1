"""The fourth rung's configuration: several heads side by side."""

from dataclasses import dataclass

from minigpt.models.configs.base import EmbeddedConfig, require_equal_shares
from minigpt.models.configs.parts import Shapes, attention, block_name


@dataclass(frozen=True, kw_only=True)
class MultiHeadConfig(EmbeddedConfig):
    """Several heads cost no more than one, because they share its width."""

    num_heads: int = 4
    """Attention heads; they share the width equally."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_equal_shares(self.width, self.num_heads)

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """The ends, and one layer of attention."""
        return super().parameter_shapes(vocabulary_size) | attention(block_name(0), self.width)

    def kept_activations(self, vocabulary_size: int) -> int:
        """As a single head, what the last map made of it, and the kernel's number of each head."""
        return super().kept_activations(vocabulary_size) + 6 * self.width + self.num_heads
