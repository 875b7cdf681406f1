"""The second rung: the whole past counts, but every token of it weighs the same."""

import torch
from torch import Tensor, nn

from minigpt.models.configs import AveragingConfig
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.attention import Attention
from minigpt.models.layers.block import AttentionOnly
from minigpt.shapes import HeadAdditions, HeadVectors, Logits, Positions, Residual, Tokens


class EqualAttention(Attention):
    """One head that asks for nothing, so that position i gives 1/(i+1) to each of its past."""

    def __init__(self, *, width: int) -> None:
        super().__init__(num_heads=1, head_size=width)

    def project_heads(
        self, residual: Residual, positions: Positions | None = None
    ) -> tuple[HeadVectors, HeadVectors, HeadVectors]:
        """Queries and keys of zeros, which all match equally; the stream itself as values."""
        values = residual.unsqueeze(1)
        nothing = torch.zeros_like(values)
        return nothing, nothing, values

    def join_heads(self, mixed: HeadVectors) -> Residual:
        """The average as it is."""
        return mixed.squeeze(1)

    def head_additions(self, mixed: HeadVectors) -> HeadAdditions:
        """Its output: there is no other head."""
        return mixed


class Averaging(LanguageModel):
    """Token vectors, their running average, and a linear map to the vocabulary.

    It has no positions: in an average the order is lost, and a position's vector would only
    tell how many tokens went into it.
    """

    def __init__(self, config: AveragingConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        self.token_embedding = nn.Embedding(vocabulary_size, config.width)
        self.blocks.append(AttentionOnly(EqualAttention(width=config.width)))
        self.output = nn.Linear(config.width, vocabulary_size)

    def embed(self, tokens: Tokens, positions: Positions | None = None) -> Residual:
        """Token vectors."""
        residual: Tensor = self.token_embedding(tokens)
        return residual

    def unembed(self, residual: Residual) -> Logits:
        """Map each position's vector to a score for every token."""
        logits: Tensor = self.output(residual)
        return logits
