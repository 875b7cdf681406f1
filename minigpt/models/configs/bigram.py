"""The first rung's configuration: a table has no shape to choose."""

from dataclasses import dataclass

from minigpt.models.configs.base import IDS, ModelConfig
from minigpt.models.configs.parts import Shapes


@dataclass(frozen=True, kw_only=True)
class BigramConfig(ModelConfig):
    """A table has no shape to choose; only how long the training windows are."""

    context_length: int = 8
    """Tokens in a training window. The table looks at one of them at a time."""

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """A row of logits for every token."""
        return {"table.weight": (vocabulary_size, vocabulary_size)}

    @property
    def attention_layers(self) -> int:
        """None."""
        return 0

    def kept_activations(self, vocabulary_size: int) -> int:
        """The probability of every token, and which it was."""
        return vocabulary_size + IDS

    def forward_flops(self, vocabulary_size: int) -> int:
        """None: a row of a table is looked up, not computed."""
        return 0
