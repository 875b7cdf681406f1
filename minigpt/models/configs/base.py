"""What the configuration of every rung answers before its model is built.

How large the model is, how much it computes, and how many activations it holds. Operations count
as in Kaplan et al. 2020 ("Scaling laws for neural language models"): a multiplication and the
addition that goes with it are two, and attention counts as if every position looked at all
others. Work on single numbers, such as norms, is left out. Activations are numbers (not bytes)
for each token of the batch, counted as PyTorch keeps them on a processor: a test has torch itself
list what it keeps.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Final

from minigpt.configuration import require_between
from minigpt.errors import ConfigurationError
from minigpt.models.configs.parts import Shapes, is_inner_matrix, linear

LARGEST: Final = {
    "context_length": 8192,
    "width": 8192,
    "num_layers": 96,
    "num_heads": 128,
}
"""The most that each size with a common name may be, on whatever rung."""
IDS: Final = 4
"""The token and the one after it, 8 bytes each; counted in numbers of 4 bytes."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig(ABC):
    """The shape of one rung. A rung's own configuration is a frozen dataclass that extends it."""

    context_length: int = 8
    """How many tokens the model sees at once."""

    def __post_init__(self) -> None:
        for name, size in self.sizes().items():
            require_between(f"model.{name}", size, 1, LARGEST[name])

    def sizes(self) -> dict[str, int]:
        """The sizes with a common name that this rung has: context_length, perhaps width ..."""
        return {name: value for name, value in vars(self).items() if name in LARGEST}

    @abstractmethod
    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """The shape of every array that such a model learns, by its name in the model.

        A linear map has the shape (outputs, inputs); an array that two parts share appears once.
        """

    @property
    @abstractmethod
    def attention_layers(self) -> int:
        """How many blocks of attention lie on top of each other; 0 without attention."""

    @abstractmethod
    def kept_activations(self, vocabulary_size: int) -> int:
        """How many numbers of each token the forward pass keeps for the backward pass."""

    @abstractmethod
    def forward_flops(self, vocabulary_size: int) -> int:
        """Operations for one token of a full window, without learning from it."""

    def gradient_activations(self, vocabulary_size: int) -> int:
        """How many numbers of each token come on top while gradients are computed, at most."""
        return 2 * vocabulary_size  # the gradients of the probabilities and of the logits

    def evaluation_activations(self, vocabulary_size: int) -> int:
        """How many numbers of each token are held at a time where nothing is kept."""
        return 2 * vocabulary_size  # the logits, and their logarithms of probabilities

    @property
    def has_attention(self) -> bool:
        """Whether positions exchange anything, and so whether there are weights to look at."""
        return self.attention_layers > 0

    @property
    def lookup_parameters(self) -> int:
        """How many parameters lie in tables of n-grams, of which each token takes a few rows."""
        return 0

    def parameter_count(self, vocabulary_size: int) -> int:
        """How many numbers such a model learns; an array that two parts share counts once."""
        return sum(math.prod(shape) for shape in self.parameter_shapes(vocabulary_size).values())


@dataclass(frozen=True, kw_only=True)
class EmbeddedConfig(ModelConfig, ABC):
    """A rung that turns tokens into vectors, works on these, and compares them with all tokens.

    As it stands here it fits one layer of attention between embeddings and a linear map.
    """

    width: int = 32
    """Channels of a token's vector."""

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """The vectors of tokens and positions, and the map back to tokens; blocks come on top."""
        return {
            "token_embedding.weight": (vocabulary_size, self.width),
            "position_embedding.weight": (self.context_length, self.width),
            **linear("output", self.width, vocabulary_size),
        }

    @property
    def attention_layers(self) -> int:
        """One."""
        return 1

    def kept_activations(self, vocabulary_size: int) -> int:
        """The ends, which are alike on every rung; blocks come on top."""
        return vocabulary_size + IDS  # the probability of every token

    def evaluation_activations(self, vocabulary_size: int) -> int:
        """The larger of the end, with the stream beside it, and of attention."""
        return max(2 * vocabulary_size + self.width, 6 * self.width)

    def forward_flops(self, vocabulary_size: int) -> int:
        """The matrices inside the blocks, attention, and the way back to tokens."""
        shapes = self.parameter_shapes(vocabulary_size)
        inside = sum(
            math.prod(shape) for name, shape in shapes.items() if is_inner_matrix(name, shape)
        )
        attention = 2 * self.attention_layers * self.context_length * self.width
        return 2 * (inside + vocabulary_size * self.width + attention)


@dataclass(frozen=True, kw_only=True)
class StackConfig(EmbeddedConfig, ABC):
    """A rung of several blocks, each with heads that share the width."""

    width: int = 32
    """Channels of the residual stream: how much it can say about one token."""
    num_layers: int = 3
    """Blocks on top of each other."""
    num_heads: int = 4
    """Attention heads in each block; they share the width equally."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_equal_shares(self.width, self.num_heads)

    @property
    def head_size(self) -> int:
        """Channels of one attention head."""
        return self.width // self.num_heads

    @property
    def attention_layers(self) -> int:
        """One in each block."""
        return self.num_layers

    def gradient_activations(self, vocabulary_size: int) -> int:
        """The larger of the end and of one block."""
        return max(super().gradient_activations(vocabulary_size), 8 * self.width)


def require_equal_shares(width: int, num_heads: int) -> None:
    """Refuse a width that is not a multiple of the number of heads.

    Raises:
        ConfigurationError: some head would be narrower than another.
    """
    if width % num_heads:
        raise ConfigurationError(
            "A width of {width} cannot be shared equally by {num_heads} heads. Choose a width "
            "that is a multiple of {num_heads}.",
            field="model.width",
            width=width,
            num_heads=num_heads,
        )
