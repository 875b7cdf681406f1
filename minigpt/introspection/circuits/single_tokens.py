"""Each token as a text of its own: the stream that it makes, with nothing else to mix in.

A head of the first layer meets nothing but the vectors of single tokens. What a later one meets is
a mixture of all that stood before, and no table over tokens can hold it. What one token alone
becomes on its way there is the part of it that a table can show.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.models.language_model import LanguageModel

PositionKind = Literal["added", "rotary", "none"]
"""How a model knows where a token stands: by a vector that is added to the stream, by turning
queries and keys, or not at all."""
IdList = Int[Tensor, " K"]


@dataclass(frozen=True, kw_only=True)
class SingleTokens:
    """Some tokens, each read by a model by itself."""

    tokens: IdList
    positions: IdList
    """Where each is said to stand, counted from 0."""
    steps: Float[Tensor, "steps K C"]
    """The stream at first, and after the attention and the feed-forward part of each layer."""

    def before(self, layer: int) -> Float[Tensor, "K C"]:
        """The stream that reaches a layer, counted from 0."""
        return self.steps[2 * layer]

    @property
    def final(self) -> Float[Tensor, "K C"]:
        """The stream after the last layer."""
        return self.steps[-1]


def read_alone(
    model: LanguageModel, tokens: IdList, positions: IdList | None = None
) -> SingleTokens:
    """Read each token by itself.

    Args:
        model: In eval mode.
        tokens: Any tokens, in any order.
        positions: Where each stands; at the beginning of a text unless given. What comes before
            is not there: heads look at the token itself, and at nothing else.
    """
    stands = torch.zeros_like(tokens) if positions is None else positions
    with torch.inference_mode():
        stream = model.embed(tokens[:, None], stands[:, None])
        steps = [stream]
        for block in model.attention_blocks():
            attention = block.attention
            values = attention.project_heads(block.read(stream), stands[:, None])[2]
            stream = block.add_attention(stream, attention.join_heads(values))
            steps.append(stream)
            stream = block.add_feed_forward(stream)
            steps.append(stream)
    return SingleTokens(tokens=tokens, positions=stands, steps=torch.stack(steps)[:, :, 0])


def is_exact(model: LanguageModel, layer: int) -> bool:
    """Whether what reaches a layer, counted from 0, is the token's and its place's vectors alone.

    That is so in the first one, unless vectors for n-grams bring what stood before.
    """
    return layer == 0 and model.embedding_reach == 1


def position_kind(model: LanguageModel) -> PositionKind:
    """How the model knows where a token stands."""
    with torch.inference_mode():
        token = torch.zeros(1, 1, dtype=torch.long, device=next(model.parameters()).device)
        if "position" in model.embed_parts(token):
            return "added"
    blocks = model.attention_blocks()
    turned = any(getattr(block.attention, "rotation", None) is not None for block in blocks)
    return "rotary" if turned else "none"
