"""Causal attention in named steps (Vaswani et al. 2017, section 3.2).

project_heads, products, scale_products, mask, weights, mix, join_heads. `forward` lets PyTorch's
fused kernel do all between the first and the last at once; `introspection.trace` runs them one by
one and keeps each result.
"""

import math
from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional

from minigpt.models.layers.embeddings import RotaryPositions
from minigpt.shapes import HeadAdditions, HeadVectors, HeadWeights, Positions, Residual


class Attention(nn.Module, ABC):
    """Every position gathers from itself and the positions before it, once per head.

    A kind of attention says what is compared and gathered (`project_heads`) and what becomes of
    it (`join_heads`); everything between is the same for all.
    """

    def __init__(
        self,
        *,
        num_heads: int,
        head_size: int,
        scale: float | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.head_size = head_size
        # Without 1/sqrt(D) the variance of a dot product would grow with the head size.
        self.scale = 1 / math.sqrt(head_size) if scale is None else scale
        self.dropout = dropout

    @abstractmethod
    def project_heads(
        self, residual: Residual, positions: Positions | None = None
    ) -> tuple[HeadVectors, HeadVectors, HeadVectors]:
        """What each position asks for (Q), offers (K) and hands over (V), split by head.

        `positions` says where the vectors stand in their texts, if not at the first T places.
        """

    @abstractmethod
    def join_heads(self, mixed: HeadVectors) -> Residual:
        """What the heads brought home, as one vector a position."""

    @abstractmethod
    def head_additions(self, mixed: HeadVectors) -> HeadAdditions:
        """What each head alone puts into the joined vector; with `join_offset`, they add up to it.

        A head's share is exact, since heads are joined by a linear map.
        """

    @property
    def join_offset(self) -> Tensor | None:
        """What joining adds whatever the heads brought; None where it adds nothing."""
        return None

    def forward(self, residual: Residual) -> Residual:
        """Gather from the past, all heads at once."""
        queries, keys, values = self.project_heads(residual)
        mixed = functional.scaled_dot_product_attention(
            queries,
            keys,
            values,
            is_causal=True,
            scale=self.scale,
            dropout_p=self.dropout if self.training else 0.0,
        )
        return self.join_heads(mixed)

    def products(self, queries: HeadVectors, keys: HeadVectors) -> HeadWeights:
        """The dot product of each query (rows) with each key (columns)."""
        return queries @ keys.transpose(-2, -1)

    def scale_products(self, products: HeadWeights) -> HeadWeights:
        """Dot products brought to a size at which the softmax still can learn."""
        return products * self.scale

    def scores(self, queries: HeadVectors, keys: HeadVectors) -> HeadWeights:
        """How well each query (rows) matches each key (columns)."""
        return self.scale_products(self.products(queries, keys))

    def mask(self, scores: HeadWeights) -> HeadWeights:
        """Minus infinity wherever the key lies in the query's future."""
        length = scores.shape[-1]
        future = torch.ones(length, length, dtype=torch.bool, device=scores.device).triu(1)
        return scores.masked_fill(future, -math.inf)

    def weights(self, masked_scores: HeadWeights) -> HeadWeights:
        """Softmax over the keys: each row sums to one."""
        return masked_scores.softmax(dim=-1)

    def mix(self, weights: HeadWeights, values: HeadVectors) -> HeadVectors:
        """Each position's weighted average of the values."""
        return weights @ values


class CausalSelfAttention(Attention):
    """Several heads that share the width, joined by a projection back into the stream."""

    def __init__(
        self,
        *,
        width: int,
        num_heads: int,
        bias: bool = True,
        qkv_bias: bool = True,
        scale: float | None = None,
        dropout: float = 0.0,
        before_comparison: nn.Module | None = None,
        rotation: RotaryPositions | None = None,
    ) -> None:
        """Build the projections.

        Args:
            width: Channels of the stream; a multiple of `num_heads`.
            num_heads: Heads to share them.
            bias: Whether the projections add a learned offset.
            qkv_bias: Whether those into queries, keys and values do, too.
            scale: Factor on the scores, 1/sqrt(D) unless given.
            dropout: Share of weights and of outputs to silence while training.
            before_comparison: What queries and keys both go through.
            rotation: What turns them by their positions after that.
        """
        super().__init__(
            num_heads=num_heads, head_size=width // num_heads, scale=scale, dropout=dropout
        )
        self.query_key_value = nn.Linear(width, 3 * width, bias=bias and qkv_bias)
        self.before_comparison = before_comparison or nn.Identity()
        self.rotation = rotation
        self.output = nn.Linear(width, width, bias=bias)
        self.output_dropout = nn.Dropout(dropout)

    def project_heads(
        self, residual: Residual, positions: Positions | None = None
    ) -> tuple[HeadVectors, HeadVectors, HeadVectors]:
        """Project all heads with one matrix, then split them."""
        joined: Tensor = self.query_key_value(residual)  # (B, T, 3C)
        # (B, T, 3 C) -> three times (B, T, C) -> three times (B, H, T, D), where C = H D
        queries, keys, values = map(self._by_head, joined.chunk(3, dim=-1))
        queries, keys = self.before_comparison(queries), self.before_comparison(keys)
        if self.rotation is not None:
            queries, keys = self.rotation(queries, positions), self.rotation(keys, positions)
        return queries, keys, values

    def _by_head(self, channels: Residual) -> HeadVectors:
        return channels.view(*channels.shape[:2], self.num_heads, self.head_size).transpose(1, 2)

    def join_heads(self, mixed: HeadVectors) -> Residual:
        """Concatenate the heads and project them back into the residual stream."""
        # (B, H, T, D) -> (B, T, H, D) -> (B, T, C)
        joined: Tensor = self.output_dropout(self.output(mixed.transpose(1, 2).flatten(2)))
        return joined

    def head_additions(self, mixed: HeadVectors) -> HeadAdditions:
        """Each head's columns of the projection, applied to what this head brought."""
        # (C, H D) -> (H, D, C); then (B, H, T, D) @ (H, D, C) -> (B, H, T, C)
        columns = self.output.weight.view(-1, self.num_heads, self.head_size)
        return mixed @ columns.permute(1, 2, 0)

    @property
    def join_offset(self) -> Tensor | None:
        """The projection's bias."""
        return self.output.bias
