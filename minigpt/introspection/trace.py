"""Everything that happens inside a model on one text.

`trace` runs the same named stages as `LanguageModel.forward`, one by one, and keeps each result.
It changes nothing on the model, so one model serves many readers at once.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import Block
from minigpt.shapes import HeadVectors, HeadWeights, Logits, Residual, Tokens


@dataclass(frozen=True, kw_only=True)
class LayerTrace:
    """One block on one batch, in the order things happen."""

    residual_before: Residual
    queries: HeadVectors
    keys: HeadVectors
    values: HeadVectors
    scores: HeadWeights
    masked_scores: HeadWeights
    weights: HeadWeights
    """Rows are queries, columns are keys; rows sum to one and nothing lies above the diagonal."""
    mixed: HeadVectors
    """What each head brings home, after the head mask."""
    attended: Residual
    residual_after: Residual


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
    model: LanguageModel, tokens: Tokens, *, head_mask: Float[Tensor, "B L H"] | None = None
) -> Trace:
    """Run the model and keep what it computed.

    Args:
        model: In eval mode; dropout would make every look different.
        tokens: At most `context_length` of them.
        head_mask: Factor on each head's output; 0 silences a head. None leaves all as they are.

    Raises:
        ConfigurationError: the text does not fit into the context.
    """
    model.require_context(tokens.shape[1])
    with torch.inference_mode():
        residual = embedded = model.embed(tokens)
        layers = []
        for index, block in enumerate(model.attention_blocks()):
            mask = None if head_mask is None else head_mask[:, index, :, None, None]
            layers.append(_trace_block(block, residual, mask))
            residual = layers[-1].residual_after
        return Trace(embedded=embedded, layers=tuple(layers), logits=model.unembed(residual))


def _trace_block(
    block: Block, residual: Residual, mask: Float[Tensor, "B H 1 1"] | None
) -> LayerTrace:
    attention = block.attention
    queries, keys, values = attention.project_heads(block.read(residual))
    scores = attention.scores(queries, keys)
    masked_scores = attention.mask(scores)
    weights = attention.weights(masked_scores)
    mixed = attention.mix(weights, values)
    mixed = mixed if mask is None else mixed * mask
    attended = attention.join_heads(mixed)
    return LayerTrace(
        residual_before=residual,
        queries=queries,
        keys=keys,
        values=values,
        scores=scores,
        masked_scores=masked_scores,
        weights=weights,
        mixed=mixed,
        attended=attended,
        residual_after=block.add_feed_forward(block.add_attention(residual, attended)),
    )


FLOAT = 4
TABLES, VECTORS = 3, 7
"""Of each head: tables of a number for every two tokens. Of each layer: vectors of a token."""


def trace_bytes(model: LanguageModel, *, length: int, vocabulary_size: int) -> int:
    """What the trace of one text of `length` tokens keeps; it grows with the square of that."""
    numbers = length * vocabulary_size
    for block in model.attention_blocks():
        heads, size = block.attention.num_heads, block.attention.head_size
        numbers += TABLES * heads * length**2 + VECTORS * heads * size * length
    return FLOAT * numbers
