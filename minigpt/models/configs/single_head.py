"""The third rung's configuration: one attention head."""

from dataclasses import dataclass

from minigpt.models.configs.base import EmbeddedConfig
from minigpt.models.configs.parts import Shapes, block_name

HEAD_MAPS = ("key", "query", "value")


@dataclass(frozen=True, kw_only=True)
class SingleHeadConfig(EmbeddedConfig):
    """One head is as wide as the vectors it reads."""

    width: int = 32
    """Channels of a token's vector, and of the head."""

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """The ends, and three square matrices without a bias."""
        names = [f"{block_name(0)}.attention.{name}.weight" for name in HEAD_MAPS]
        return super().parameter_shapes(vocabulary_size) | dict.fromkeys(
            names, (self.width, self.width)
        )

    def kept_activations(self, vocabulary_size: int) -> int:
        """The stream; queries, keys, values; what the head found; and the kernel's one number."""
        return super().kept_activations(vocabulary_size) + 5 * self.width + 1
