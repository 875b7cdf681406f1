"""The arrays of the parts that rungs are made of, and the activations that these parts keep.

Shapes are those of the modules in `minigpt.models.layers`; a test builds every rung and compares.
"""

from typing import Final, Literal

Norm = Literal["layer", "rms"]
Activation = Literal["gelu", "gelu_exact", "relu", "relu_squared", "swiglu"]
Shapes = dict[str, tuple[int, ...]]

EXPANSION: Final = 4
"""How many times wider a feed-forward part is than the stream."""
NORM_ACTIVATIONS: Final = {"layer": 2, "rms": 1}
"""What a norm keeps of each vector: mean and deviation, or one root mean square."""


def block_name(index: int) -> str:
    """What a block is called in the names of its arrays."""
    return f"blocks.{index}"


def is_inner_matrix(name: str, shape: tuple[int, ...]) -> bool:
    """Whether an array is one of the matrices inside the blocks."""
    return name.startswith("blocks.") and len(shape) == 2


def linear(name: str, inputs: int, outputs: int, *, bias: bool = True) -> Shapes:
    """A linear map."""
    return {f"{name}.weight": (outputs, inputs)} | ({f"{name}.bias": (outputs,)} if bias else {})


def norm(name: str, width: int, *, kind: Norm = "layer", bias: bool = True) -> Shapes:
    """A normalisation; a root mean square learns nothing."""
    if kind == "rms":
        return {}
    learned = ("weight", "bias") if bias else ("weight",)
    return {f"{name}.{array}": (width,) for array in learned}


def attention(block: str, width: int, *, bias: bool = True, qkv_bias: bool = True) -> Shapes:
    """Attention of heads that share the width: queries, keys and values in one map."""
    return {
        **linear(f"{block}.attention.query_key_value", width, 3 * width, bias=bias and qkv_bias),
        **linear(f"{block}.attention.output", width, width, bias=bias),
    }


def transformer_block(
    block: str,
    width: int,
    *,
    activation: Activation,
    kind: Norm = "layer",
    bias: bool = True,
    qkv_bias: bool = True,
) -> Shapes:
    """Attention and feed-forward, each with a norm."""
    expanded, activated = feed_forward_widths(width, activation)
    return {
        **attention(block, width, bias=bias, qkv_bias=qkv_bias),
        **norm(f"{block}.attention_norm", width, kind=kind, bias=bias),
        **norm(f"{block}.feed_forward_norm", width, kind=kind, bias=bias),
        # The names of saved files, in which expanding is called widen and projecting narrow.
        **linear(f"{block}.feed_forward.widen", width, expanded, bias=bias),
        **linear(f"{block}.feed_forward.narrow", activated, width, bias=bias),
    }


def feed_forward_widths(width: int, activation: Activation) -> tuple[int, int]:
    """Channels before and after the activation of a feed-forward part."""
    hidden = EXPANSION * width
    if activation == "swiglu":
        # A gate needs two matrices to expand: at two thirds of the width they cost the same.
        gated = 2 * hidden // 3
        return 2 * gated, gated
    return hidden, hidden


def feed_forward_activations(width: int, activation: Activation) -> int:
    """What a feed-forward part keeps between its two maps."""
    before, after = feed_forward_widths(width, activation)
    if activation == "relu":
        return after  # what it lets through tells what it was
    # A gate is kept too; squaring keeps what relu let through, and its square.
    return before + after + (before // 2 if activation == "swiglu" else 0)


def feed_forward_peak(width: int, activation: Activation) -> int:
    """What a feed-forward part holds at a time where nothing is kept, with the stream beside it."""
    before, after = feed_forward_widths(width, activation)
    between = after if activation in ("relu_squared", "swiglu") else 0
    return 2 * width + before + between + after
