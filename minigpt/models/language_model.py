"""What every rung of the ladder is: tokens in, logits out, in three named stages.

embed, then each of `blocks`, then unembed. `forward` runs them; `introspection.trace` runs
the same stages and keeps what it sees. A model never sees text, targets or files.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Literal, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from minigpt.errors import ConfigurationError
from minigpt.models.configs import ModelConfig
from minigpt.models.layers.block import Block
from minigpt.shapes import Logits, Positions, Residual, Tokens

EmbeddedPart = Literal["token", "ngrams", "position"]
"""Whose vectors the stream begins with."""
FEW_SCORES = 2_000_000
"""That a reader holds at once: 8 MB."""


class LanguageModel(nn.Module, ABC):
    """Predicts the next token at every position of every sequence."""

    def __init__(self, config: ModelConfig, *, vocabulary_size: int) -> None:
        super().__init__()
        self.config = config
        self.vocabulary_size = vocabulary_size
        self.context_length = config.context_length
        self.blocks = nn.ModuleList()

    @property
    def embedding_reach(self) -> int:
        """How many tokens, the position's own among them, make the vector of a position."""
        return 1

    @abstractmethod
    def embed(self, tokens: Tokens, positions: Positions | None = None) -> Residual:
        """Turn token ids into vectors: the residual stream before the first block.

        `positions` says where the tokens stand in their texts, if not at the first T places.
        """

    def embed_parts(
        self, tokens: Tokens, positions: Positions | None = None
    ) -> dict[EmbeddedPart, Residual]:
        """What `embed` adds up, each by itself; one part unless a rung has several."""
        return {"token": self.embed(tokens, positions)}

    @abstractmethod
    def unembed(self, residual: Residual) -> Logits:
        """Turn the residual stream after the last block into a score for every token."""

    def forward(self, tokens: Tokens) -> Logits:
        """Score every possible next token after each position.

        Raises:
            ConfigurationError: the sequences are longer than `context_length`.
        """
        return self.unembed(self.last_stream(tokens))

    def last_stream(self, tokens: Tokens) -> Residual:
        """The residual stream after the last block, from which the scores are read.

        Raises:
            ConfigurationError: the sequences are longer than `context_length`.
        """
        self.require_context(tokens.shape[1])
        residual = self.embed(tokens)
        for block in self.attention_blocks():
            residual = block(residual)
        return residual

    def unembed_along(
        self,
        places: Float[Tensor, "places C"],
        came: Int[Tensor, " places"],
        *,
        most: int = FEW_SCORES,
    ) -> Iterator[tuple[Float[Tensor, "few V"], Int[Tensor, " few"]]]:
        """The scores at all places, and what came there: a few places at a time; no gradients.

        With a large vocabulary, all scores of a long text together would take gigabytes.

        Args:
            places: The last stream at each of them.
            came: The token that followed.
            most: How many scores there are at once.
        """
        few = max(1, most // self.vocabulary_size)
        for some, followed in zip(torch.split(places, few), torch.split(came, few), strict=True):
            with torch.inference_mode():
                scores = self.unembed(some[None])[0]
            yield scores, followed

    def require_context(self, length: int) -> None:
        """Refuse a sequence that does not fit.

        Raises:
            ConfigurationError: `length` is zero or above `context_length`.
        """
        if length < 1:
            raise ConfigurationError(
                "This model reads 1 to {context_length} tokens at a time; {length} were given. "
                "Give it some text to read.",
                context_length=self.context_length,
                length=length,
            )
        if length > self.context_length:
            raise ConfigurationError(
                "This model reads 1 to {context_length} tokens at a time; {length} were given. "
                "Shorten the text, or train with a longer context.",
                context_length=self.context_length,
                length=length,
            )

    def attention_blocks(self) -> Iterable[Block]:
        """The blocks in reading order; none for a model without attention."""
        return cast("Iterable[Block]", self.blocks)

    @property
    def num_parameters(self) -> int:
        """Trainable numbers; a matrix shared by two parts counts once."""
        return sum(parameter.numel() for parameter in self.parameters())
