"""A head as two tables over tokens (Elhage et al. 2021): what it looks for, what it makes likely.

The query-key table says how well a token that looks (a row) matches a token that is looked at (a
column); the output-value table says by how much a token that was found (a row) raises the logit of
each token (a column). Both are of tokens that stand alone (`read_alone`): in the first layer
nothing is left out by that, above it what earlier layers brought together is, and `agreement`
measures how much of a head's scores on a text that leaves.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.readout import pushes_beside
from minigpt.introspection.attribution.receipt import require_receipt
from minigpt.introspection.circuits.single_tokens import SingleTokens, read_alone
from minigpt.introspection.trace import LayerTrace
from minigpt.models.ladder.averaging import EqualAttention
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import Block
from minigpt.shapes import HeadVectors, Tokens

FEWEST_KEYS = 3
"""Of a row whose likeness can be told: two numbers always lie on a line."""


def head_block(model: LanguageModel, layer: int, head: int) -> Block:
    """The block of a head; both are counted from 0.

    Raises:
        ConfigurationError: the model has no such head.
    """
    blocks = list(model.attention_blocks())
    if not blocks:
        raise ConfigurationError(
            "This model has no heads: it does not look back. Choose a run of a model that does, "
            "such as gpt."
        )
    if not (0 <= layer < len(blocks) and 0 <= head < blocks[layer].attention.num_heads):
        raise ConfigurationError(
            "This model has no head {layer}.{head}: it has {layers} layers of {heads} heads.",
            layer=layer + 1,
            head=head + 1,
            layers=len(blocks),
            heads=blocks[0].attention.num_heads,
        )
    return blocks[layer]


def query_key_table(
    model: LanguageModel, layer: int, head: int, *, looking: SingleTokens, looked_at: SingleTokens
) -> Float[Tensor, "looking looked_at"]:
    """The score that each token gives each other, before the softmax.

    Args:
        model: In eval mode.
        layer: Of the head, counted from 0.
        head: Counted from 0.
        looking: The tokens that look, where they stand.
        looked_at: The tokens that are looked at, where they stand. With rotary positions only the
            distance counts.

    Raises:
        ConfigurationError: there is no such head, or it compares nothing.
    """
    block = head_block(model, layer, head)
    if isinstance(block.attention, EqualAttention):
        raise ConfigurationError(
            "This model's head looks for nothing: it takes the mean of all that came before. So "
            "there is no table of what it looks for."
        )
    with torch.inference_mode():
        queries = _projected(block, layer, looking)[0][:, head, 0]
        keys = _projected(block, layer, looked_at)[1][:, head, 0]
        return block.attention.scores(queries[None, None], keys[None, None])[0, 0]


def output_value_table(
    model: LanguageModel, layer: int, head: int, tokens: SingleTokens
) -> Float[Tensor, "tokens V"]:
    """By how much each token, if all of the head's weight lies on it, raises each logit.

    Against the mean over the vocabulary, because what raises all logits alike changes no
    probability. The last norm divides by the size that the stream has when that token is the
    whole text; in another text all of a row is larger or smaller by one factor.

    Raises:
        ConfigurationError: there is no such head, or the model is post-norm.
    """
    block = head_block(model, layer, head)
    require_receipt(model)
    with torch.inference_mode():
        values = _projected(block, layer, tokens)[2]
        additions = block.attention.head_additions(values)[:, head, 0]
    return pushes_of(model, additions, tokens)


def pushes_of(
    model: LanguageModel, vectors: Float[Tensor, "K C"], beside: SingleTokens
) -> Float[Tensor, "K V"]:
    """What each vector, as a part of that token's last stream, does to logits, less the mean."""
    pushed = pushes_beside(model, vectors, beside.final)
    return pushed - pushed.mean(-1, keepdim=True)


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How near the scores of tokens alone are to those of a text."""

    farthest: float
    """The largest difference of two scores; zero but for rounding where the table is exact."""
    likeness: float | None
    """The correlation over the tokens that could be looked at, averaged over those that look: 1 is
    the same order and spacing, 0 is unrelated. None for texts too short."""


def agreement(
    model: LanguageModel, layer: int, head: int, tokens: Tokens, seen: LayerTrace
) -> Agreement:
    """Compare a head's scores on one text with what its tokens would score if each stood alone.

    Args:
        model: The one that was traced.
        layer: Of the head, counted from 0.
        head: Counted from 0.
        tokens: One text.
        seen: The trace of that layer, with `scores`.

    Raises:
        ConfigurationError: as `query_key_table`.
    """
    length = tokens.shape[1]
    each = read_alone(model, tokens[0], torch.arange(length, device=tokens.device))
    told = query_key_table(model, layer, head, looking=each, looked_at=each)
    past = torch.ones_like(told, dtype=torch.bool).tril()
    actual = seen.scores[0, head]
    return Agreement(
        farthest=float((told - actual)[past].abs().max()), likeness=_likeness(told, actual)
    )


def _likeness(told: Float[Tensor, "T T"], actual: Float[Tensor, "T T"]) -> float | None:
    rows = [
        functional.cosine_similarity(
            told[row, : row + 1] - told[row, : row + 1].mean(),
            actual[row, : row + 1] - actual[row, : row + 1].mean(),
            dim=0,
        )
        for row in range(FEWEST_KEYS - 1, len(told))
    ]
    return float(torch.stack(rows).mean()) if rows else None


def _projected(
    block: Block, layer: int, tokens: SingleTokens
) -> tuple[HeadVectors, HeadVectors, HeadVectors]:
    stream = tokens.before(layer)[:, None]
    return block.attention.project_heads(block.read(stream), tokens.positions[:, None])
