"""One layer of a model: what attention finds goes into the residual stream, then is worked on.

`forward` composes read, attention, add_attention, feed and add_fed; `introspection.trace` runs the
same steps one by one.
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from minigpt.models.layers.attention import Attention
from minigpt.models.layers.feed_forward import FeedForward
from minigpt.shapes import Residual


class Block(nn.Module, ABC):
    """Attention and what surrounds it. The kinds differ in what happens around it."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        self.attention = attention

    @abstractmethod
    def read(self, residual: Residual) -> Residual:
        """The stream as attention sees it."""

    @abstractmethod
    def add_attention(self, residual: Residual, attended: Residual) -> Residual:
        """The stream after attention."""

    @abstractmethod
    def feed(self, residual: Residual) -> Residual:
        """What the feed-forward part makes of the stream; zeros where there is none."""

    @abstractmethod
    def add_fed(self, residual: Residual, fed: Residual) -> Residual:
        """The stream after the feed-forward part, which made `fed` of it."""

    def add_feed_forward(self, residual: Residual) -> Residual:
        """The stream after the feed-forward part."""
        return self.add_fed(residual, self.feed(residual))

    def forward(self, residual: Residual) -> Residual:
        """Update the stream."""
        residual = self.add_attention(residual, self.attention(self.read(residual)))
        return self.add_feed_forward(residual)


class AttentionOnly(Block):
    """Attention's output takes the place of the stream: no norm, no feed-forward, no way around."""

    def read(self, residual: Residual) -> Residual:
        """The stream as it is."""
        return residual

    def add_attention(self, residual: Residual, attended: Residual) -> Residual:
        """Only what attention found."""
        return attended

    def feed(self, residual: Residual) -> Residual:
        """Nothing."""
        return torch.zeros_like(residual)

    def add_fed(self, residual: Residual, fed: Residual) -> Residual:
        """The stream as it is."""
        return residual

    def add_feed_forward(self, residual: Residual) -> Residual:
        """The stream as it is, without a detour."""
        return residual


class TransformerBlock(Block, ABC):
    """Attention, then feed-forward, each with a norm and a way around it."""

    def __init__(
        self,
        *,
        attention_norm: nn.Module,
        attention: Attention,
        feed_forward_norm: nn.Module,
        feed_forward: FeedForward,
    ) -> None:
        super().__init__(attention)
        self.attention_norm = attention_norm
        self.feed_forward_norm = feed_forward_norm
        self.feed_forward = feed_forward


class PreNormBlock(TransformerBlock):
    """Each part reads a normalised copy; the stream is only added to (Radford et al. 2019)."""

    def read(self, residual: Residual) -> Residual:
        """The stream, normalised."""
        seen: Tensor = self.attention_norm(residual)
        return seen

    def add_attention(self, residual: Residual, attended: Residual) -> Residual:
        """The stream plus what attention found."""
        return residual + attended

    def feed(self, residual: Residual) -> Residual:
        """The feed-forward part's work on a normalised copy."""
        fed: Tensor = self.feed_forward(self.feed_forward_norm(residual))
        return fed

    def add_fed(self, residual: Residual, fed: Residual) -> Residual:
        """The stream plus what the feed-forward part made of it."""
        return residual + fed


class PostNormBlock(TransformerBlock):
    """Each part reads the stream as it is; the sum is normalised (Vaswani et al. 2017)."""

    def read(self, residual: Residual) -> Residual:
        """The stream as it is."""
        return residual

    def add_attention(self, residual: Residual, attended: Residual) -> Residual:
        """The stream plus what attention found, normalised."""
        summed: Tensor = self.attention_norm(residual + attended)
        return summed

    def feed(self, residual: Residual) -> Residual:
        """The feed-forward part's work on the stream as it is."""
        fed: Tensor = self.feed_forward(residual)
        return fed

    def add_fed(self, residual: Residual, fed: Residual) -> Residual:
        """The stream plus what the feed-forward part made of it, normalised."""
        summed: Tensor = self.feed_forward_norm(residual + fed)
        return summed
