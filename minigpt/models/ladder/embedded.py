"""What the middle rungs share: token and position vectors going in, a linear map coming out."""

from abc import ABC

from torch import Tensor, nn

from minigpt.models.configs.base import EmbeddedConfig
from minigpt.models.language_model import EmbeddedPart, LanguageModel
from minigpt.models.layers.embeddings import LearnedPositions
from minigpt.shapes import Logits, Positions, Residual, Tokens


class EmbeddedModel(LanguageModel, ABC):
    """Token and position vectors, the blocks of its kind, and a linear map to the vocabulary.

    Weights begin as PyTorch draws them, vectors from N(0, 1). A GPT's small start would cost
    these shallow models, whose signal no norm brings back to size, a thousand steps.
    """

    def __init__(self, config: EmbeddedConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        self.token_embedding = nn.Embedding(vocabulary_size, config.width)
        self.position_embedding = LearnedPositions(config.context_length, config.width)
        self.output = nn.Linear(config.width, vocabulary_size)

    def embed(self, tokens: Tokens, positions: Positions | None = None) -> Residual:
        """Token vectors plus position vectors."""
        parts = self.embed_parts(tokens, positions)
        return parts["token"] + parts["position"]

    def embed_parts(
        self, tokens: Tokens, positions: Positions | None = None
    ) -> dict[EmbeddedPart, Residual]:
        """Both, each by itself."""
        vectors: Tensor = self.token_embedding(tokens)
        stands = self.position_embedding(tokens.shape[1], positions)
        return {"token": vectors, "position": stands.expand_as(vectors)}

    def unembed(self, residual: Residual) -> Logits:
        """Map each position's vector to a score for every token."""
        logits: Tensor = self.output(residual)
        return logits
