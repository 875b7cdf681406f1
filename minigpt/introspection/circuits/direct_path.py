"""The direct path: from a token's vector to the logits, with no part in between.

What a token alone says of its successor can be no more than a table of pairs. How alike that table
is to the pairs of the text, after each part of the model, tells where the model keeps them.
"""

from dataclasses import dataclass
from itertools import chain

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.receipt import require_receipt
from minigpt.introspection.circuits.single_tokens import IdList, SingleTokens
from minigpt.introspection.circuits.tables import pushes_of
from minigpt.introspection.lens import lens
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import AttentionOnly, TransformerBlock
from minigpt.shapes import TokenStream


def direct_path(model: LanguageModel, tokens: SingleTokens) -> Float[Tensor, "K V"]:
    """By how much each token's own vector raises each logit, less the mean of its row.

    Raises:
        ConfigurationError: nothing of the vector is left at the end, or the model is post-norm.
    """
    blocks = list(model.attention_blocks())
    if any(isinstance(block, AttentionOnly) for block in blocks):
        raise ConfigurationError(
            "This model has no direct path: what its heads find takes the place of the token's "
            "vector."
        )
    require_receipt(model)
    with torch.inference_mode():
        vectors = model.embed_parts(tokens.tokens[:, None])["token"][:, 0]
    return pushes_of(model, vectors, tokens)


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """How often tokens follow tokens in a text."""

    log_odds: Float[Tensor, "K V"]
    """The logarithm of the share of each successor, as if each had come once more."""
    counts: Float[Tensor, " K"]
    """How often each of the tokens has a successor."""


def counted_pairs(text: TokenStream, tokens: IdList, vocabulary_size: int) -> Pairs:
    """Count what follows some tokens in a text.

    Args:
        text: Ids below `vocabulary_size`.
        tokens: Those whose successors are counted, each once.
        vocabulary_size: V.
    """
    row_of = torch.full((vocabulary_size,), -1, dtype=torch.long)
    row_of[tokens] = torch.arange(len(tokens))
    ids = text.long()
    rows = row_of[ids[:-1]]
    codes = rows * vocabulary_size + ids[1:]
    counts = torch.bincount(codes[rows >= 0], minlength=len(tokens) * vocabulary_size)
    pairs = counts.view(len(tokens), vocabulary_size).float()
    more = pairs + 1
    log_odds = (more / more.sum(-1, keepdim=True)).log()
    return Pairs(log_odds=log_odds, counts=pairs.sum(-1))


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """The correlation of rows with rows, averaged by how often each token comes."""

    own: float
    """Of each token's row with what follows that token."""
    chance: float
    """Of its row with what follows any other token: frequent letters follow all of them."""


def likeness(table: Float[Tensor, "K V"], pairs: Pairs) -> Likeness:
    """How alike a table over tokens is to the pairs of a text."""
    rows, counted = (
        functional.normalize(one - one.mean(-1, keepdim=True), dim=-1)
        for one in (table, pairs.log_odds)
    )
    alike = rows @ counted.T
    weights = pairs.counts / pairs.counts.sum().clamp(min=1)
    own = alike.diagonal()
    others = (alike.sum(1) - own) / max(1, len(alike) - 1)
    return Likeness(own=float(own @ weights), chance=float(others @ weights))


def likeness_along(model: LanguageModel, tokens: SingleTokens, pairs: Pairs) -> list[Likeness]:
    """The same for what would be said of each token alone after each step of the model."""
    return [likeness(lens(model, step[:, None])[:, 0], pairs) for step in tokens.steps]


def step_parts(model: LanguageModel) -> list[tuple[int, int, bool]]:
    """Of each step after the first: its place, its layer from 0, and whether it is feed-forward.

    Without the feed-forward steps of blocks that have no such part.
    """
    each = (
        [(2 * layer + 1, layer, False)]
        + ([(2 * layer + 2, layer, True)] if isinstance(block, TransformerBlock) else [])
        for layer, block in enumerate(model.attention_blocks())
    )
    return list(chain.from_iterable(each))
