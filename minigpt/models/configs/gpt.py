"""The configuration of a GPT: the shape of its stack, and the choices of the field since 2017."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from minigpt.configuration import require_between, require_choice
from minigpt.errors import ConfigurationError
from minigpt.models.configs.base import StackConfig
from minigpt.models.configs.parts import (
    NORM_ACTIVATIONS,
    Activation,
    Norm,
    Shapes,
    block_name,
    feed_forward_activations,
    feed_forward_peak,
    norm,
    transformer_block,
)

Position = Literal["learned", "sinusoidal", "rotary", "none"]
NormPosition = Literal["pre", "post"]
AttentionScore = Literal["scaled_dot", "dot", "cosine"]

CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "position": get_args(Position),
    "norm": get_args(Norm),
    "norm_position": get_args(NormPosition),
    "activation": get_args(Activation),
    "attention_score": get_args(AttentionScore),
}
LARGEST_NGRAMS: Final = {"ngram_order": 8, "ngram_rows": 1_000_000}


@dataclass(frozen=True, kw_only=True)
class GPTConfig(StackConfig):
    """The defaults are GPT-2's choices (Radford et al. 2019) at a small size."""

    context_length: int = 64
    """How many tokens the model sees at once."""
    width: int = 64
    """Channels of the residual stream: how much it can say about one token."""
    num_layers: int = 4
    """Blocks on top of each other."""
    dropout: float = 0.0
    """Share of activations silenced while training, against memorising; 0 means none."""
    position: Position = "learned"
    """How the model knows where a token stands."""
    norm: Norm = "layer"
    """Which normalisation keeps the stream at a steady size."""
    norm_position: NormPosition = "pre"
    """Whether it comes before or after each part of a block."""
    activation: Activation = "gelu"
    """The activation function of the feed-forward part, between its two linear maps."""
    attention_score: AttentionScore = "scaled_dot"
    """How a query is compared with a key."""
    query_key_norm: bool = False
    """Whether queries and keys are normalised before they are compared."""
    tied_embeddings: bool = True
    """Whether reading and writing tokens share one table."""
    bias: bool = True
    """Whether linear maps and norms add a bias: a learned number for each channel."""
    qkv_bias: bool = True
    """Whether queries, keys and values get a bias where the other linear maps have one."""
    output_bias: bool = False
    """Whether each token's score gets a bias: a learned number, added whatever was read."""
    zero_projections: bool = False
    """Whether each block begins by adding nothing: its last matrices start at zero."""
    ngram_order: int = 1
    """The longest n-gram (n tokens in a row) with a vector of its own. 1: only single tokens."""
    ngram_rows: int = 4096
    """How many vectors there are for the n-grams of each length; some n-grams share one."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, largest in LARGEST_NGRAMS.items():
            require_between(f"model.{name}", getattr(self, name), 1, largest)
        require_between("model.dropout", self.dropout, 0.0, 0.9)
        for name, allowed in CHOICES.items():
            require_choice(f"model.{name}", getattr(self, name), allowed)
        if self.position == "rotary" and self.head_size % 2:
            raise ConfigurationError(
                "Rotary positions turn channels in pairs, but each head has {head_size}. Choose "
                "a width with an even number per head.",
                field="model.width",
                head_size=self.head_size,
            )

    def parameter_shapes(self, vocabulary_size: int) -> Shapes:
        """Vectors of tokens, perhaps of positions and n-grams; blocks; the way back to tokens."""
        shapes: Shapes = {"token_embedding.weight": (vocabulary_size, self.width)}
        if self.position == "learned":
            shapes["position_embedding.weight"] = (self.context_length, self.width)
        if self.ngram_order > 1:
            rows = (self.ngram_order - 1) * self.ngram_rows
            shapes["ngram_embedding.weight"] = (rows, self.width)
        for index in range(self.num_layers):
            shapes |= transformer_block(
                block_name(index),
                self.width,
                activation=self.activation,
                kind=self.norm,
                bias=self.bias,
                qkv_bias=self.qkv_bias,
            )
        if self.norm_position == "pre":
            shapes |= norm("final_norm", self.width, kind=self.norm, bias=self.bias)
        if not self.tied_embeddings:
            shapes["output.weight"] = (vocabulary_size, self.width)
        if self.output_bias:
            shapes["output_bias"] = (vocabulary_size,)
        return shapes

    @property
    def lookup_parameters(self) -> int:
        """The vectors of n-grams."""
        return (self.ngram_order - 1) * self.ngram_rows * self.width

    def kept_activations(self, vocabulary_size: int) -> int:
        """The ends, what stands after the last block, and every block."""
        ends = super().kept_activations(vocabulary_size) + self._kept_after_blocks()
        return ends + self.num_layers * self._kept_by_block()

    def gradient_activations(self, vocabulary_size: int) -> int:
        """The larger of the end and of one block; dropout takes attention weights one by one."""
        weights = 2 * self.num_heads * self.context_length if self.dropout else 0
        return max(2 * vocabulary_size, 8 * self.width + weights)

    def evaluation_activations(self, vocabulary_size: int) -> int:
        """The larger of the end, with the stream beside it, and of the feed-forward part."""
        end = 2 * vocabulary_size + self.width
        return max(end, feed_forward_peak(self.width, self.activation))

    def _kept_after_blocks(self) -> int:
        dropped = self.width if self.dropout else 0
        if self.norm_position == "post":
            return self.width + dropped
        return 2 * self.width + NORM_ACTIVATIONS[self.norm] + dropped

    def _kept_by_block(self) -> int:
        # The stream before and after each norm; queries, keys, values; what the heads found.
        numbers = 8 * self.width + 2 * NORM_ACTIVATIONS[self.norm]
        numbers += feed_forward_activations(self.width, self.activation)
        if self.dropout:
            # Dropout takes attention weights one by one: themselves, the mask, and what is left.
            numbers += 2 * self.width + 3 * self.num_heads * self.context_length
        else:
            numbers += self.num_heads  # the kernel keeps one number of each row of weights
        return numbers + self._kept_before_comparison()

    def _kept_before_comparison(self) -> int:
        """What is kept because queries and keys go through more before they are compared."""
        cosine = self.attention_score == "cosine"
        norms = 2 * self.num_heads * (self.query_key_norm + cosine)
        is_copied = self.query_key_norm or self.position == "rotary"
        if self.dropout:
            return norms + 3 * self.width * (self.query_key_norm or cosine)
        both = 2 * self.width * (self.query_key_norm and cosine)
        new = 2 * self.width * (is_copied or cosine)
        return norms + both + new + self.width * is_copied
