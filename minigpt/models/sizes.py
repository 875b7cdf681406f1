"""How large a model would be, before it is built. Knows no torch, so a form can ask at once.

The shapes are those of the modules of each rung; a test builds every kind and compares.
"""

import math
from typing import Final

from minigpt.models.configs import (
    Activation,
    AveragingConfig,
    BigramConfig,
    GPTConfig,
    ModelConfig,
    MultiHeadConfig,
    Norm,
    SingleHeadConfig,
    TransformerConfig,
)

Shapes = dict[str, tuple[int, ...]]
EXPANSION: Final = 4
"""How much wider a feed-forward part is than the stream."""


def parameter_shapes(config: ModelConfig, *, vocabulary_size: int) -> Shapes:
    """The shape of every array that such a model learns, by its name in the model.

    A linear map has the shape (outputs, inputs); an array that two parts share appears once.
    """
    match config:
        case BigramConfig():
            return {"table.weight": (vocabulary_size, vocabulary_size)}
        case AveragingConfig():
            return _tokens(vocabulary_size, config.width) | _output(vocabulary_size, config.width)
        case SingleHeadConfig():
            square = (config.width, config.width)
            head = {f"{_block(0)}.attention.{name}.weight": square for name in HEAD_MAPS}
            return _embedded(config, vocabulary_size) | head
        case MultiHeadConfig():
            return _embedded(config, vocabulary_size) | _attention(_block(0), config.width)
        case TransformerConfig():
            blocks: Shapes = {}
            for index in range(config.num_layers):
                blocks |= _transformer_block(_block(index), config.width, activation="relu")
            return _embedded(config, vocabulary_size) | blocks
        case GPTConfig():
            return _gpt(config, vocabulary_size)


def parameter_count(config: ModelConfig, *, vocabulary_size: int) -> int:
    """How many numbers such a model learns; an array that two parts share counts once."""
    shapes = parameter_shapes(config, vocabulary_size=vocabulary_size)
    return sum(math.prod(shape) for shape in shapes.values())


def table_size(config: ModelConfig) -> int:
    """How many of these numbers lie in tables of n-grams, of which each token takes a few rows."""
    if not isinstance(config, GPTConfig):
        return 0
    return (config.ngram_order - 1) * config.ngram_rows * config.width


def is_inner_matrix(name: str, shape: tuple[int, ...]) -> bool:
    """Whether an array is one of the matrices inside the blocks."""
    return name.startswith("blocks.") and len(shape) == 2


def bend_widths(width: int, activation: Activation) -> tuple[int, int]:
    """Channels before and after the bend of a feed-forward part."""
    hidden = EXPANSION * width
    if activation == "swiglu":
        # A gated activation needs two matrices to widen: two thirds of the width costs the same.
        narrowed = 2 * hidden // 3
        return 2 * narrowed, narrowed
    return hidden, hidden


HEAD_MAPS = ("key", "query", "value")


def _gpt(config: GPTConfig, vocabulary_size: int) -> Shapes:
    shapes = _tokens(vocabulary_size, config.width)
    if config.position == "learned":
        shapes["position_embedding.weight"] = (config.context_length, config.width)
    if config.ngram_order > 1:
        rows = (config.ngram_order - 1) * config.ngram_rows
        shapes["ngram_embedding.weight"] = (rows, config.width)
    for index in range(config.num_layers):
        shapes |= _transformer_block(
            _block(index),
            config.width,
            activation=config.activation,
            norm=config.norm,
            bias=config.bias,
        )
    if config.norm_position == "pre":
        shapes |= _norm("final_norm", config.width, kind=config.norm, bias=config.bias)
    if not config.tied_embeddings:
        shapes["output.weight"] = (vocabulary_size, config.width)
    return shapes


def _transformer_block(
    block: str,
    width: int,
    *,
    activation: Activation,
    norm: Norm = "layer",
    bias: bool = True,
) -> Shapes:
    widened, narrowed = bend_widths(width, activation)
    return {
        **_attention(block, width, bias=bias),
        **_norm(f"{block}.attention_norm", width, kind=norm, bias=bias),
        **_norm(f"{block}.feed_forward_norm", width, kind=norm, bias=bias),
        **_linear(f"{block}.feed_forward.widen", width, widened, bias=bias),
        **_linear(f"{block}.feed_forward.narrow", narrowed, width, bias=bias),
    }


def _attention(block: str, width: int, *, bias: bool = True) -> Shapes:
    return {
        **_linear(f"{block}.attention.query_key_value", width, 3 * width, bias=bias),
        **_linear(f"{block}.attention.output", width, width, bias=bias),
    }


def _embedded(
    config: SingleHeadConfig | MultiHeadConfig | TransformerConfig, vocabulary_size: int
) -> Shapes:
    return {
        **_tokens(vocabulary_size, config.width),
        "position_embedding.weight": (config.context_length, config.width),
        **_output(vocabulary_size, config.width),
    }


def _tokens(vocabulary_size: int, width: int) -> Shapes:
    return {"token_embedding.weight": (vocabulary_size, width)}


def _output(vocabulary_size: int, width: int) -> Shapes:
    return _linear("output", width, vocabulary_size, bias=True)


def _norm(name: str, width: int, *, kind: Norm, bias: bool) -> Shapes:
    if kind == "rms":
        return {}
    learnt = ("weight", "bias") if bias else ("weight",)
    return {f"{name}.{what}": (width,) for what in learnt}


def _linear(name: str, inputs: int, outputs: int, *, bias: bool) -> Shapes:
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def _block(index: int) -> str:
    return f"blocks.{index}"
