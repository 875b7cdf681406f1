"""The fifth rung's configuration: blocks that can be stacked."""

from dataclasses import dataclass

from minigpt.models.configs.base import StackConfig
from minigpt.models.configs.parts import (
    NORM_ACTIVATIONS,
    Shapes,
    block_name,
    feed_forward_activations,
    feed_forward_peak,
    transformer_block,
)


@dataclass(frozen=True, kw_only=True)
class TransformerConfig(StackConfig):
    """The shape of a stack of blocks; what is inside a block is fixed."""

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """The ends, and every block."""
        shapes = super().parameter_shapes(vocabulary_size)
        for index in range(self.num_layers):
            shapes |= transformer_block(block_name(index), self.width, activation="relu")
        return shapes

    def kept_activations(self, vocabulary_size: int) -> int:
        """The ends, the stream after the last block, and every block."""
        # The stream before and after each norm; queries, keys, values; what the heads found; and
        # the kernel keeps one number of each row of attention weights.
        block = 8 * self.width + self.num_heads + 2 * NORM_ACTIVATIONS["layer"]
        block += feed_forward_activations(self.width, "relu")
        ends = super().kept_activations(vocabulary_size) + self.width
        return ends + self.num_layers * block

    def evaluation_activations(self, vocabulary_size: int) -> int:
        """The larger of the end, with the stream beside it, and of the feed-forward part."""
        return max(2 * vocabulary_size + self.width, feed_forward_peak(self.width, "relu"))
