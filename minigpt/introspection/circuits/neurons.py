"""What each neuron of the feed-forward parts answers to in a text, and what it says.

A neuron is one number at every place: what the activation function makes of one row of the first
matrix. Times its column of the second it is added to the stream, so what it says is exact; what it
answers to is only seen where it was looked for. Most neurons answer to several things, and
none is given a name: how much of its activity the token that stands there explains is measured.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.readout import Readout
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import Block, PreNormBlock, TransformerBlock
from minigpt.models.layers.feed_forward import FeedForward
from minigpt.shapes import Logits, Residual, Tokens

KEPT_PLACES = 8
"""Of each neuron, the strongest ones."""
MOST_BYTES = 32_000_000
"""For the activations of all layers at once; more text goes in turn."""
MOST_COUNTED = 1024
"""Tokens of a vocabulary of which each gets a mean of its own."""
FLOAT = 4


@dataclass(frozen=True, kw_only=True)
class Neurons:
    """The neurons of one layer on a text."""

    strengths: Float[Tensor, "F kept"]
    """Their largest activations, in falling order."""
    places: Int[Tensor, "F kept"]
    """Where these are, counted through all windows."""
    means: Float[Tensor, " F"]
    variances: Float[Tensor, " F"]
    active: Float[Tensor, " F"]
    """At which share of the places they are above zero."""
    by_token: Float[Tensor, " F"] | None
    """Which share of the variance the token that stands there explains; None where there are too
    many different ones to tell. Zero for a neuron that never changes."""


def feed_forward_of(model: LanguageModel, layer: int) -> FeedForward:
    """The feed-forward part of a layer, counted from 0.

    Raises:
        ConfigurationError: the model has none there.
    """
    blocks = list(model.attention_blocks())
    block = blocks[layer] if 0 <= layer < len(blocks) else None
    if not isinstance(block, TransformerBlock):
        raise ConfigurationError(
            "This model has no feed-forward part in layer {layer}, so it has no neurons there. "
            "Choose a run of a transformer or a gpt.",
            layer=layer + 1,
        )
    return block.feed_forward


def activations(block: Block, residual: Residual) -> Float[Tensor, "B T F"]:
    """What each neuron of a block is at each place.

    Args:
        block: One with a feed-forward part.
        residual: The stream after its attention.
    """
    assert isinstance(block, TransformerBlock)
    # As the block's own `feed` reads it: only pre-norm blocks read a normalised copy.
    seen = block.feed_forward_norm(residual) if isinstance(block, PreNormBlock) else residual
    return block.feed_forward.activate(block.feed_forward.widen(seen))


def activations_on(model: LanguageModel, tokens: Tokens) -> list[Float[Tensor, "B T F"]]:
    """The same for every layer of a model that reads some texts."""
    with torch.inference_mode():
        stream, found = model.embed(tokens), []
        for block in model.attention_blocks():
            stream = block.add_attention(stream, block.attention(block.read(stream)))
            found.append(activations(block, stream))
            stream = block.add_feed_forward(stream)
        return found


def logits_without_neuron(model: LanguageModel, layer: int, neuron: int, tokens: Tokens) -> Logits:
    """What the model says of some texts if one neuron, counted from 0, is never active.

    Raises:
        ConfigurationError: the model has no feed-forward part in that layer.
    """
    part = feed_forward_of(model, layer)
    with torch.inference_mode():
        stream = model.embed(tokens)
        for index, block in enumerate(model.attention_blocks()):
            stream = block.add_attention(stream, block.attention(block.read(stream)))
            fed = block.feed(stream)
            if index == layer:
                active = activations(block, stream)[..., neuron, None]
                fed = fed - active * part.narrow.weight[:, neuron]
            stream = block.add_fed(stream, fed)
        return model.unembed(stream)


def survey_neurons(
    model: LanguageModel, windows: Tokens, *, most_bytes: int = MOST_BYTES
) -> list[Neurons]:
    """Look at every neuron on some text.

    Args:
        model: In eval mode.
        windows: Pieces of text, all of a length; places count through them.
        most_bytes: What all layers hold at once.

    Raises:
        ConfigurationError: the model has no feed-forward parts.
    """
    width = feed_forward_of(model, 0).narrow.in_features
    length = windows.shape[1]
    tallies = [_Tally(model.vocabulary_size, width) for _ in model.attention_blocks()]
    rows = max(1, most_bytes // (FLOAT * width * length * len(tallies)))
    for first in range(0, len(windows), rows):
        some = windows[first : first + rows]
        for tally, found in zip(tallies, activations_on(model, some), strict=True):
            tally.add(found.flatten(0, 1), some.flatten(), first * length)
    return [tally.neurons() for tally in tallies]


class _Tally:
    """Sums over places, and the strongest of them so far."""

    def __init__(self, vocabulary_size: int, width: int) -> None:
        self.places, self.active = 0, torch.zeros(width, dtype=torch.long)
        self.sums = torch.zeros(width, dtype=torch.double)
        self.squares = torch.zeros(width, dtype=torch.double)
        self.best = torch.zeros(0, width)
        self.best_at = torch.zeros(0, width, dtype=torch.long)
        self.counts = torch.zeros(vocabulary_size, dtype=torch.double)
        counted = vocabulary_size if vocabulary_size <= MOST_COUNTED else 0
        self.by_token = torch.zeros(counted, width, dtype=torch.double)

    def add(
        self, found: Float[Tensor, "places F"], tokens: Int[Tensor, " places"], first: int
    ) -> None:
        exact = found.double()
        self.places += len(found)
        self.active += (found > 0).sum(0)
        self.sums += exact.sum(0)
        self.squares += exact.square().sum(0)
        if len(self.by_token):
            self.by_token.index_add_(0, tokens, exact)
            self.counts += torch.bincount(tokens, minlength=len(self.counts))
        values, at = found.topk(min(KEPT_PLACES, len(found)), dim=0)
        both, both_at = torch.cat([self.best, values]), torch.cat([self.best_at, at + first])
        self.best, chosen = both.topk(min(KEPT_PLACES, len(both)), dim=0)
        self.best_at = both_at.gather(0, chosen)

    def neurons(self) -> Neurons:
        means = self.sums / self.places
        variances = (self.squares / self.places - means.square()).clamp(min=0)
        return Neurons(
            strengths=self.best.T.contiguous(),
            places=self.best_at.T.contiguous(),
            means=means.float(),
            variances=variances.float(),
            active=self.active / self.places,
            by_token=self._explained(means, variances) if len(self.by_token) else None,
        )

    def _explained(
        self, means: Float[Tensor, " F"], variances: Float[Tensor, " F"]
    ) -> Float[Tensor, " F"]:
        come = self.counts > 0
        counts = self.counts[come, None]
        between = (counts * (self.by_token[come] / counts - means).square()).sum(0) / self.places
        # Below what rounding leaves of a square, nothing varies.
        varies = variances > 1e-12 * (self.squares / self.places)
        return torch.where(varies, between / variances, 0.0).clamp(max=1).float()


def explained_by_chance(tokens: Int[Tensor, " places"]) -> float:
    """Which share of its variance tokens explain of a neuron that has nothing to do with them."""
    different = len(torch.bincount(tokens).nonzero())
    return (different - 1) / max(1, len(tokens) - 1)


def shares_of(
    part: FeedForward, active: Float[Tensor, " F"], read: Readout, token: int
) -> Float[Tensor, " F"]:
    """By how much each neuron, as active as it is, raises a token's logit above the mean of all.

    With the part's bias they add up to the share of the whole feed-forward part in a receipt.
    """
    direction = read.above_mean(token)
    with torch.inference_mode():
        return active * (part.narrow.weight.T @ direction)
