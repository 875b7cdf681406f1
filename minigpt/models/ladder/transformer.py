"""The fifth rung: blocks that can be stacked, because each only adds to what it was given."""

from minigpt.models.configs import TransformerConfig
from minigpt.models.ladder.embedded import EmbeddedModel
from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.block import Block, PreNormBlock
from minigpt.models.layers.feed_forward import FeedForward
from minigpt.models.layers.norms import LayerNorm


class Transformer(EmbeddedModel):
    """Embeddings, blocks with ReLU and LayerNorm before each part, a linear map to the vocabulary.

    What it lacks of a GPT: the norm after the last block, smaller projections in deeper stacks,
    one table for reading and writing tokens, dropout, and every other choice of `GPTConfig`.
    """

    def __init__(self, config: TransformerConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        self.blocks.extend(_block(config) for _ in range(config.num_layers))


def _block(config: TransformerConfig) -> Block:
    return PreNormBlock(
        attention_norm=LayerNorm(config.width),
        attention=CausalSelfAttention(width=config.width, num_heads=config.num_heads),
        feed_forward_norm=LayerNorm(config.width),
        feed_forward=FeedForward(width=config.width, activation="relu"),
    )
