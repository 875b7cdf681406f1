"""The fourth rung: several heads side by side, each free to look somewhere else."""

from minigpt.models.configs import MultiHeadConfig
from minigpt.models.ladder.embedded import EmbeddedModel
from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.block import AttentionOnly


class MultiHead(EmbeddedModel):
    """Embeddings, heads that share the width, and a linear map to the vocabulary."""

    def __init__(self, config: MultiHeadConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        attention = CausalSelfAttention(width=config.width, num_heads=config.num_heads)
        self.blocks.append(AttentionOnly(attention))
