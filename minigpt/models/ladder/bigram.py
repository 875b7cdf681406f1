"""The first rung: the next token depends on the current one and on nothing else."""

from torch import Tensor, nn

from minigpt.models.configs import BigramConfig
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Logits, Positions, Residual, Tokens


class Bigram(LanguageModel):
    """A table with one row of scores for each token: V x V numbers."""

    def __init__(self, config: BigramConfig, *, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size=vocabulary_size)
        self.table = nn.Embedding(vocabulary_size, vocabulary_size)

    def embed(self, tokens: Tokens, positions: Positions | None = None) -> Residual:
        """Look up each token's row: here the residual stream is the scores themselves."""
        rows: Tensor = self.table(tokens)
        return rows

    def unembed(self, residual: Residual) -> Logits:
        """The row already is the answer."""
        return residual
