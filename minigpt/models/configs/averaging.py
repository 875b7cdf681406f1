"""The second rung's configuration: the whole past counts, and all of it the same."""

from dataclasses import dataclass

from minigpt.models.configs.base import EmbeddedConfig
from minigpt.models.configs.parts import Shapes


@dataclass(frozen=True, kw_only=True)
class AveragingConfig(EmbeddedConfig):
    """How far back to average, and how much a token's vector can hold."""

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """Vectors of tokens and the map back, and no positions: an average has no order."""
        shapes = super().parameter_shapes(vocabulary_size)
        del shapes["position_embedding.weight"]
        return shapes

    def kept_activations(self, vocabulary_size: int) -> int:
        """Queries, which are the keys too; values; the average; and the kernel's one number."""
        return super().kept_activations(vocabulary_size) + 3 * self.width + 1
