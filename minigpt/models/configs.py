"""The shape of every rung, checked before anything is built. Knows no torch, so it loads fast."""

from dataclasses import dataclass
from typing import Literal, get_args

from minigpt.errors import ConfigurationError
from minigpt.validation import require_between, require_choice

Position = Literal["learned", "sinusoidal", "rotary", "none"]
Norm = Literal["layer", "rms"]
NormPosition = Literal["pre", "post"]
Activation = Literal["gelu", "relu", "relu_squared", "swiglu"]
AttentionScore = Literal["scaled_dot", "dot", "cosine"]

CHOICES: dict[str, tuple[str, ...]] = {
    "position": get_args(Position),
    "norm": get_args(Norm),
    "norm_position": get_args(NormPosition),
    "activation": get_args(Activation),
    "attention_score": get_args(AttentionScore),
}
LARGEST = {
    "context_length": 8192,
    "width": 8192,
    "num_layers": 96,
    "num_heads": 128,
    "ngram_order": 8,
    "ngram_rows": 1_000_000,
}


@dataclass(frozen=True, kw_only=True)
class BigramConfig:
    """A table has no shape to choose; only how long the training windows are."""

    context_length: int = 8
    """Tokens in a training window. The table looks at one of them at a time."""

    def __post_init__(self) -> None:
        _require_sizes(context_length=self.context_length)


@dataclass(frozen=True, kw_only=True)
class AveragingConfig:
    """How far back to average, and how much a token's vector can hold."""

    context_length: int = 8
    """How many tokens the model sees at once."""
    width: int = 32
    """Channels of a token's vector."""

    def __post_init__(self) -> None:
        _require_sizes(context_length=self.context_length, width=self.width)


@dataclass(frozen=True, kw_only=True)
class SingleHeadConfig:
    """One head is as wide as the vectors it reads."""

    context_length: int = 8
    """How many tokens the model sees at once."""
    width: int = 32
    """Channels of a token's vector, and of the head."""

    def __post_init__(self) -> None:
        _require_sizes(context_length=self.context_length, width=self.width)


@dataclass(frozen=True, kw_only=True)
class MultiHeadConfig:
    """Several heads cost no more than one, because they share its width."""

    context_length: int = 8
    """How many tokens the model sees at once."""
    width: int = 32
    """Channels of a token's vector."""
    num_heads: int = 4
    """Attention heads; they share the width equally."""

    def __post_init__(self) -> None:
        _require_sizes(
            context_length=self.context_length, width=self.width, num_heads=self.num_heads
        )
        _require_equal_shares(self.width, self.num_heads)


@dataclass(frozen=True, kw_only=True)
class TransformerConfig:
    """The shape of a stack of blocks; what is inside a block is fixed."""

    context_length: int = 8
    """How many tokens the model sees at once."""
    width: int = 32
    """Channels of the residual stream: how much it can say about one token."""
    num_layers: int = 3
    """Blocks on top of each other."""
    num_heads: int = 4
    """Attention heads in each block; they share the width equally."""

    def __post_init__(self) -> None:
        _require_sizes(
            context_length=self.context_length,
            width=self.width,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
        )
        _require_equal_shares(self.width, self.num_heads)


@dataclass(frozen=True, kw_only=True)
class GPTConfig:
    """The defaults are GPT-2's choices (Radford et al. 2019) at a small size."""

    context_length: int = 64
    """How many tokens the model sees at once."""
    width: int = 64
    """Channels of the residual stream: how much it can say about one token."""
    num_layers: int = 4
    """Blocks on top of each other."""
    num_heads: int = 4
    """Attention heads in each block; they share the width equally."""
    dropout: float = 0.0
    """Share of activations silenced while training, against memorising; 0 means none."""
    position: Position = "learned"
    """How the model knows where a token stands."""
    norm: Norm = "layer"
    """Which normalisation keeps the stream at a steady size."""
    norm_position: NormPosition = "pre"
    """Whether it comes before or after each part of a block."""
    activation: Activation = "gelu"
    """The bend in the feed-forward part."""
    attention_score: AttentionScore = "scaled_dot"
    """How a query is compared with a key."""
    query_key_norm: bool = False
    """Whether queries and keys are normalised before they are compared."""
    tied_embeddings: bool = True
    """Whether reading and writing tokens share one table."""
    bias: bool = True
    """Whether linear maps and norms add a learned offset."""
    zero_projections: bool = False
    """Whether each block begins by adding nothing: its last matrices start at zero."""
    ngram_order: int = 1
    """The longest run of tokens that has a vector of its own. 1: only single tokens have."""
    ngram_rows: int = 4096
    """How many vectors there are for runs of each length; some runs share one."""

    def __post_init__(self) -> None:
        _require_sizes(
            context_length=self.context_length,
            width=self.width,
            num_layers=self.num_layers,
            num_heads=self.num_heads,
            ngram_order=self.ngram_order,
            ngram_rows=self.ngram_rows,
        )
        _require_equal_shares(self.width, self.num_heads)
        require_between("model.dropout", self.dropout, 0.0, 0.9)
        for name, allowed in CHOICES.items():
            require_choice(f"model.{name}", getattr(self, name), allowed)
        if self.position == "rotary" and self.head_size % 2:
            raise ConfigurationError(
                f"Rotary positions turn channels in pairs, but each head has {self.head_size}. "
                "Choose a width with an even number per head.",
                field="model.width",
            )

    @property
    def head_size(self) -> int:
        """Channels of one attention head."""
        return self.width // self.num_heads


ModelConfig = (
    BigramConfig
    | AveragingConfig
    | SingleHeadConfig
    | MultiHeadConfig
    | TransformerConfig
    | GPTConfig
)


def _require_sizes(**sizes: int) -> None:
    for name, size in sizes.items():
        require_between(f"model.{name}", size, 1, LARGEST[name])


def _require_equal_shares(width: int, num_heads: int) -> None:
    if width % num_heads:
        raise ConfigurationError(
            f"A width of {width} cannot be shared equally by {num_heads} heads. "
            f"Choose a width that is a multiple of {num_heads}.",
            field="model.width",
        )
