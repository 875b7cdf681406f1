"""The third rung: one attention head, which chooses what in the past to look at."""

from torch import Tensor, nn

from minigpt.models.configs import SingleHeadConfig
from minigpt.models.ladder.embedded import EmbeddedModel
from minigpt.models.layers.attention import Attention
from minigpt.models.layers.block import AttentionOnly
from minigpt.shapes import HeadAdditions, HeadVectors, Positions, Residual


class Head(Attention):
    """Learned questions, answers and messages, each its own matrix."""

    def __init__(self, *, width: int, head_size: int) -> None:
        super().__init__(num_heads=1, head_size=head_size)
        self.key = nn.Linear(width, head_size, bias=False)
        self.query = nn.Linear(width, head_size, bias=False)
        self.value = nn.Linear(width, head_size, bias=False)

    def project_heads(
        self, residual: Residual, positions: Positions | None = None
    ) -> tuple[HeadVectors, HeadVectors, HeadVectors]:
        """Three views of the stream."""
        queries: Tensor = self.query(residual).unsqueeze(1)
        keys: Tensor = self.key(residual).unsqueeze(1)
        values: Tensor = self.value(residual).unsqueeze(1)
        return queries, keys, values

    def join_heads(self, mixed: HeadVectors) -> Residual:
        """The head's output as it is: there is nothing to join it with."""
        return mixed.squeeze(1)

    def head_additions(self, mixed: HeadVectors) -> HeadAdditions:
        """Its output: there is no other head."""
        return mixed


class SingleHead(EmbeddedModel):
    """Embeddings, one head as wide as the stream, and a linear map to the vocabulary."""

    def __init__(self, config: SingleHeadConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        self.blocks.append(AttentionOnly(Head(width=config.width, head_size=config.width)))
