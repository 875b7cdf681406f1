"""How much flows through each head from token to token: the weight alone says only half of it.

A head may look at a token whose value is nearly zero, and then brings nothing from there. So a
weight can be weighed by the length of the value, or by the length of what the value adds to the
stream (Kobayashi et al. 2020, "Attention is not only a weight").
"""

from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.trace import Trace
from minigpt.models.language_model import LanguageModel

Flow = Literal["weight", "value", "contribution"]
FLOWS: tuple[Flow, ...] = get_args(Flow)


def flows(model: LanguageModel, seen: Trace, kind: Flow) -> Float[Tensor, "B L H T T"]:
    """What flows from each token (columns) to each token (rows).

    Args:
        model: The one that was traced.
        seen: A trace with weights and values.
        kind: "weight", the share of attention; "value", times the length of the head's value
            there; "contribution", times the length of what that value adds to the stream.
    """
    if kind == "weight":
        return seen.attention
    with torch.inference_mode():
        return torch.stack(
            [
                layer.weights * _lengths(block.attention.head_additions(layer.values))
                if kind == "contribution"
                else layer.weights * _lengths(layer.values)
                for block, layer in zip(model.attention_blocks(), seen.layers, strict=True)
            ],
            dim=1,
        )


def _lengths(vectors: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H 1 T"]:
    """Of the vector at each looked-at token."""
    lengths: Tensor = torch.linalg.vector_norm(vectors, dim=-1)
    return lengths[:, :, None]
