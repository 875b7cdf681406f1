"""What each head looks at, and what the model loses without it.

Two measurements, because either alone misleads: a head that looks at the previous token may do
nothing with it, and a head that matters may look at many things. The shares are of attention, each
with its chance level, the share that uniform attention over the same past would give. The effects
are of ablation: a head's output is set to zero and the loss measured again (Michel et al. 2019,
"Are sixteen heads really better than one?").
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.ablation import (
    changed_losses,
    heads_shape,
    plain_pass,
    silence_head,
    token_losses,
    with_heads,
)
from minigpt.introspection.patterns import Places, places
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Tokens

FIRST_ROW = 8
"""Rows before this one can hardly look elsewhere, so they say little about a head."""

HeadNumbers = Float[Tensor, "L H"]


@dataclass(frozen=True, kw_only=True)
class Share:
    """How much of their attention the heads give to one kind of place."""

    heads: HeadNumbers
    """Means over rows and texts, from 0 to 1."""
    chance: float
    """The same for a head that looks at all its past alike."""


@dataclass(frozen=True, kw_only=True)
class HeadShares:
    """Where heads look. Rows before `FIRST_ROW` are left out."""

    previous: Share
    """The token just before."""
    itself: Share
    """The token that looks."""
    first: Share
    """The first token of the text."""
    copied: Share
    """Of the tokens that followed earlier copies of the one that looks, those that come next here
    too, what an induction head finds (Olsson et al. 2022); over the rows that have any. NaN where
    none has."""


@dataclass(frozen=True, kw_only=True)
class HeadEffects:
    """Losses in nats per token."""

    loss: float
    """With every head."""
    without_all: float
    """With every head of every layer silenced."""
    without: HeadNumbers
    """With this one silenced and all others as they are."""


def head_shares(weights: Float[Tensor, "B L H T T"], tokens: Tokens) -> HeadShares:
    """Where each head looks, on average over some texts.

    Args:
        weights: Attention of all heads, rows looking and columns looked at.
        tokens: The texts, longer than `FIRST_ROW`.

    Raises:
        ValueError: the texts are too short.
    """
    length = tokens.shape[1]
    if length <= FIRST_ROW:
        raise ValueError(f"{length} tokens leave no row from {FIRST_ROW} on")
    return HeadShares(
        previous=share_on(weights, places("previous", tokens)),
        itself=share_on(weights, places("itself", tokens)),
        first=share_on(weights, places("first", tokens)),
        copied=share_on(weights, places("copied", tokens)),
    )


def head_effects(model: LanguageModel, inputs: Tokens, targets: Tokens) -> HeadEffects:
    """What the loss becomes without each head, and without all of them.

    Args:
        model: In eval mode, with attention.
        inputs: Windows of text it was not trained on.
        targets: The token after each.
    """
    plain = plain_pass(model, inputs, targets)
    losses = changed_losses(plain, [silence_head(plain, head) for head in plain.heads])
    shape = heads_shape(model)
    with torch.inference_mode():
        none_left = with_heads(model, torch.zeros(shape))(inputs)
    return HeadEffects(
        loss=float(plain.losses.mean()),
        without_all=float(token_losses(none_left, targets).mean()),
        without=losses.mean((1, 2)).view(shape),
    )


def share_on(weights: Float[Tensor, "B L H T T"], where: Places) -> Share:
    """Mean attention on some places, over the rows from `FIRST_ROW` on that have any."""
    where = where[:, FIRST_ROW:]
    has_any = where.any(-1)  # (B, rows)
    on_places = (weights[..., FIRST_ROW:, :] * where[:, None, None]).sum(-1)  # (B, L, H, rows)
    past = torch.arange(FIRST_ROW, weights.shape[-1]) + 1
    by_chance = where.sum(-1) / past  # (B, rows)
    rows_counted = has_any.sum()
    return Share(
        heads=(on_places * has_any[:, None, None]).sum((0, 3)) / rows_counted,
        chance=float((by_chance * has_any).sum() / rows_counted),
    )
