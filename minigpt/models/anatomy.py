"""What a model is made of, told by its configuration: every part in order, its arrays, its size.

Nothing is built for it, and torch is not needed: shapes are those that the configuration names.
"""

import math
from dataclasses import dataclass
from typing import Literal

from minigpt.models.configs import ModelConfig
from minigpt.models.configs.parts import Shapes, block_name

PieceKind = Literal[
    "token", "ngrams", "position",
    "attention_norm", "attention", "feed_forward_norm", "feed_forward",
    "final_norm", "output",
]  # fmt: skip
Way = Literal["added", "normalised", "replaced"]
"""What becomes of the stream when a part of a block has worked on it: the result is added; it is
added and the sum normalised; or the result takes the stream's place."""
START: tuple[tuple[PieceKind, str], ...] = (
    ("token", "token_embedding"), ("token", "table"),
    ("ngrams", "ngram_embedding"), ("position", "position_embedding"),
)  # fmt: skip
"""Where the names of arrays begin that belong to what the stream begins with."""
INSIDE: tuple[PieceKind, ...] = (
    "attention_norm", "attention", "feed_forward_norm", "feed_forward",
)  # fmt: skip
"""Pieces of a block in the order of their work, by the name of their arrays."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One part of a model."""

    kind: PieceKind
    layer: int | None = None
    """Counted from 0; of what belongs to a block."""
    heads: int = 0
    """Of attention."""
    shapes: Shapes
    """Its arrays by their names in the model; none where it learns nothing."""
    shared: bool = False
    """Whether it uses another piece's array, which counts there."""

    @property
    def parameters(self) -> int:
        """How many numbers it learns itself."""
        return sum(math.prod(shape) for shape in self.shapes.values())


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """A whole model, from token ids to logits."""

    vocabulary_size: int
    width: int
    """Channels of the residual stream."""
    start: tuple[Piece, ...]
    blocks: tuple[tuple[Piece, ...], ...]
    end: tuple[Piece, ...]
    way: Way
    """What becomes of the stream in its blocks."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """All of them, in the order of the forward pass."""
        return (*self.start, *(piece for block in self.blocks for piece in block), *self.end)


def anatomy(config: ModelConfig, vocabulary_size: int) -> Anatomy:
    """What such a model is made of."""
    shapes = config.parameter_shapes(vocabulary_size)
    layers = range(config.attention_layers)
    return Anatomy(
        vocabulary_size=vocabulary_size,
        width=getattr(config, "width", vocabulary_size),
        start=_start(config, shapes),
        blocks=tuple(_block(config, shapes, layer) for layer in layers),
        end=_end(config, shapes),
        way=_way(config, shapes),
    )


def _way(config: ModelConfig, shapes: Shapes) -> Way:
    if not any(".feed_forward." in name for name in shapes):
        return "replaced"
    return "normalised" if getattr(config, "norm_position", "pre") == "post" else "added"


def _start(config: ModelConfig, shapes: Shapes) -> tuple[Piece, ...]:
    found = [
        Piece(kind=kind, shapes=_named(shapes, f"{name}."))
        for kind, name in START
        if _named(shapes, f"{name}.")
    ]
    if getattr(config, "position", None) == "sinusoidal":
        found.append(Piece(kind="position", shapes={}))
    return tuple(found)


def _block(config: ModelConfig, shapes: Shapes, layer: int) -> tuple[Piece, ...]:
    pieces = []
    has_rms = getattr(config, "norm", None) == "rms"
    order = INSIDE if _way(config, shapes) != "normalised" else (
        "attention", "attention_norm", "feed_forward", "feed_forward_norm",
    )  # fmt: skip
    for kind in order:
        arrays = _named(shapes, f"{block_name(layer)}.{kind}.")
        if arrays or kind == "attention" or (has_rms and kind.endswith("_norm")):
            heads = getattr(config, "num_heads", 1) if kind == "attention" else 0
            pieces.append(Piece(kind=kind, layer=layer, heads=heads, shapes=arrays))
    return tuple(pieces)


def _end(config: ModelConfig, shapes: Shapes) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    norm = _named(shapes, "final_norm.")
    is_normed = getattr(config, "norm", None) == "rms" and _way(config, shapes) == "added"
    if norm or is_normed:
        pieces.append(Piece(kind="final_norm", shapes=norm))
    if "table.weight" not in shapes:  # else what was looked up is the answer already
        arrays = _named(shapes, "output.") | _named(shapes, "output_bias")
        is_shared = "output.weight" not in shapes
        pieces.append(Piece(kind="output", shapes=arrays, shared=is_shared))
    return tuple(pieces)


def _named(shapes: Shapes, beginning: str) -> Shapes:
    return {name: shape for name, shape in shapes.items() if name.startswith(beginning)}
