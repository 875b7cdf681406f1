"""Everything that happens inside a model on one text.

`trace` runs the same named stages as `LanguageModel.forward`, one by one, and keeps those that it
is asked for. It changes nothing on the model, so one model serves many readers at once.
"""

from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import Block
from minigpt.shapes import (
    HeadAdditions,
    HeadVectors,
    HeadWeights,
    Logits,
    Residual,
    Tokens,
)

Stage = Literal[
    "residual_before", "queries", "keys", "values", "products", "scores", "masked_scores",
    "weights", "mixed", "head_additions", "attended", "fed", "residual_after",
]  # fmt: skip
STAGES: tuple[Stage, ...] = get_args(Stage)
TABLES = frozenset({"products", "scores", "masked_scores", "weights"})
"""Of each head a number for every two tokens."""
VECTORS = frozenset({"queries", "keys", "values", "mixed"})
"""Of each head a short vector for every token; what is left are vectors as wide as the stream."""
FLOAT = 4


class LayerTrace:
    """One block on one batch, in the order things happen; what was not kept cannot be read."""

    residual_before: Residual
    queries: HeadVectors
    keys: HeadVectors
    values: HeadVectors
    products: HeadWeights
    """Dot products of queries (rows) and keys (columns)."""
    scores: HeadWeights
    """The products, scaled."""
    masked_scores: HeadWeights
    weights: HeadWeights
    """Rows are queries, columns are keys; rows sum to one and nothing lies above the diagonal."""
    mixed: HeadVectors
    """What each head brings home, after the head mask."""
    head_additions: HeadAdditions
    """What each head alone adds to the stream; where norms come after, before the norm."""
    attended: Residual
    """All heads together: their additions and the projection's bias."""
    fed: Residual
    """What the feed-forward part adds to the stream; where norms come after, before the norm."""
    residual_after: Residual

    def __init__(self, kept: Mapping[Stage, Tensor]) -> None:
        for stage, result in kept.items():
            setattr(self, stage, result)

    def __getattr__(self, name: str) -> Tensor:
        raise AttributeError(f"{name!r} was not kept; name it in `keep` when tracing", name=name)


@dataclass(frozen=True, kw_only=True)
class Trace:
    """A whole forward pass."""

    embedded: Residual
    layers: tuple[LayerTrace, ...]
    logits: Logits

    @property
    def attention(self) -> Float[Tensor, "B L H T T"]:
        """The weights of all heads.

        Raises:
            IndexError: the model has no attention.
        """
        if not self.layers:
            raise IndexError("this model has no attention layers")
        return torch.stack([layer.weights for layer in self.layers], dim=1)


def trace(
    model: LanguageModel,
    tokens: Tokens,
    *,
    keep: Collection[Stage] = STAGES,
    head_mask: Float[Tensor, "B L H"] | None = None,
    most_bytes: int | None = None,
) -> Trace:
    """Run the model and keep what it computed.

    Args:
        model: In eval mode; dropout would make every look different.
        tokens: At most `context_length` of them.
        keep: The stages to keep of each layer; embeddings and logits are kept always.
        head_mask: Factor on each head's output; 0 silences a head. None leaves all as they are.
        most_bytes: What may be kept in memory; None is no limit.

    Raises:
        ConfigurationError: the text does not fit into the context, or what shall be kept of it
            does not fit into `most_bytes`.
    """
    model.require_context(tokens.shape[1])
    if most_bytes is not None:
        require_small(model, tokens.shape[1], batch=len(tokens), keep=keep, most_bytes=most_bytes)
    with torch.inference_mode():
        residual = embedded = model.embed(tokens)
        layers = []
        for index, block in enumerate(model.attention_blocks()):
            mask = None if head_mask is None else head_mask[:, index, :, None, None]
            residual, layer = _trace_block(block, residual, mask, keep)
            layers.append(layer)
        return Trace(embedded=embedded, layers=tuple(layers), logits=model.unembed(residual))


def _trace_block(
    block: Block,
    residual: Residual,
    mask: Float[Tensor, "B H 1 1"] | None,
    keep: Collection[Stage],
) -> tuple[Residual, LayerTrace]:
    attention, kept = block.attention, dict[Stage, Tensor]()

    def seen(stage: Stage, result: Tensor) -> Tensor:
        if stage in keep:
            kept[stage] = result
        return result

    seen("residual_before", residual)
    queries, keys, values = attention.project_heads(block.read(residual))
    seen("queries", queries)
    seen("keys", keys)
    seen("values", values)
    products = seen("products", attention.products(queries, keys))
    masked = attention.mask(seen("scores", attention.scale_products(products)))
    weights = seen("weights", attention.weights(seen("masked_scores", masked)))
    mixed = attention.mix(weights, values)
    mixed = seen("mixed", mixed if mask is None else mixed * mask)
    if "head_additions" in keep:
        kept["head_additions"] = attention.head_additions(mixed)
    attended = seen("attended", attention.join_heads(mixed))
    residual = block.add_attention(residual, attended)
    residual = block.add_fed(residual, seen("fed", block.feed(residual)))
    return seen("residual_after", residual), LayerTrace(kept)


def trace_bytes(
    model: LanguageModel, *, length: int, batch: int = 1, keep: Collection[Stage] = STAGES
) -> int:
    """What the trace of texts of `length` tokens keeps; tables grow with the square of that."""
    stages, numbers, width = frozenset(keep), model.vocabulary_size, 0
    # The stream after one block is the stream before the next, and in memory once.
    ends = stages & {"residual_before", "residual_after"}
    streams = len(stages & {"attended", "fed"}) + bool(ends)
    for block in model.attention_blocks():
        heads, size = block.attention.num_heads, block.attention.head_size
        width = heads * size
        numbers += len(stages & TABLES) * heads * length + len(stages & VECTORS) * width
        numbers += (streams + ("head_additions" in stages) * heads) * width
    embedded = 0 if ends == {"residual_before"} else width  # then it is counted already
    return FLOAT * batch * length * (numbers + embedded)


def longest_trace(
    model: LanguageModel, most_bytes: int, *, batch: int = 1, keep: Collection[Stage] = STAGES
) -> int:
    """How many tokens a text may have for its trace to fit into `most_bytes`; 1 at least."""
    lengths = range(1, model.context_length + 1)
    size = partial(_size, model, batch, keep)
    return max(1, bisect_right(lengths, most_bytes, key=size))


def _size(model: LanguageModel, batch: int, keep: Collection[Stage], length: int) -> int:
    return trace_bytes(model, length=length, batch=batch, keep=keep)


def require_small(
    model: LanguageModel,
    length: int,
    *,
    most_bytes: int,
    batch: int = 1,
    keep: Collection[Stage] = STAGES,
) -> None:
    """Refuse to look into more text than there is memory for.

    Raises:
        ConfigurationError: what `keep` names would take more than `most_bytes`.
    """
    longest = longest_trace(model, most_bytes, batch=batch, keep=keep)
    if length > longest:
        raise ConfigurationError(
            "A text of {length:,} tokens is too long to look into with this model: that would "
            "take {megabytes:,} MB. At most {longest:,} tokens can be shown. Shorten the text.",
            length=length,
            megabytes=_size(model, batch, keep, length) // 1_000_000,
            longest=longest,
        )
