"""A logit as a sum over the parts of the model that adds up (direct logit attribution).

Where every block only adds to the stream, the stream after the last block is a sum: vectors of the
token and its position, what each head added, each feed-forward part, each bias. The last norm held
still (`readout`), each of them has its own share in a logit. A share is what a part says itself;
what it does by way of later parts is in theirs.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.readout import Readout, readout
from minigpt.introspection.trace import LayerTrace, Stage, Trace
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import AttentionOnly, Block, PreNormBlock
from minigpt.shapes import Tokens

PartKind = Literal[
    "token", "ngrams", "position", "head", "attention_bias", "feed_forward", "offset"
]
NEEDED: frozenset[Stage] = frozenset({"mixed", "fed", "residual_after"})
"""What a trace has to keep for a receipt."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a model that adds to the stream, or, as the offset, to the logits themselves."""

    kind: PartKind
    layer: int | None = None
    """Counted from 0; of what belongs to a block."""
    head: int | None = None
    """Counted from 0; of a head."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """Why a logit at one position is what it is; or a difference of two."""

    position: int
    token: int
    against: int | None
    """The token whose logit is subtracted, if any."""
    parts: tuple[Part, ...]
    vectors: Float[Tensor, "parts C"]
    """What each part added to the stream; zeros for the offset, which adds to the logits."""
    shares: Float[Tensor, " parts"]
    """What each part contributes to the logit, in 64 bits."""
    logit: float
    """As the forward pass has it."""
    read: Readout

    @property
    def total(self) -> float:
        """What the shares add up to."""
        return float(self.shares.sum())

    @property
    def difference(self) -> float:
        """How far that is from the forward pass: rounding, and nothing else."""
        return self.total - self.logit

    @property
    def direction(self) -> Float[Tensor, " C"]:
        """What a vector's dot product with is its push to the logit."""
        return self.read.direction(self.token, self.against)


def require_receipt(model: LanguageModel) -> None:
    """Refuse a model whose logits are no sum over its parts.

    Raises:
        ConfigurationError: some block does more to the stream than add to it, or replace it.
    """
    if not all(isinstance(block, PreNormBlock | AttentionOnly) for block in _blocks(model)):
        raise ConfigurationError(
            "This model normalises the stream itself after each part (post-norm), so that every "
            "later part rescales what earlier ones added: there is no sum that adds up to a "
            "logit. Choose a model whose norms come before each part (model.norm_position=pre).",
            field="model.norm_position",
        )


def receipt(
    model: LanguageModel,
    tokens: Tokens,
    seen: Trace,
    *,
    position: int,
    token: int,
    against: int | None = None,
) -> Receipt:
    """Take apart what the model said about one token after one position.

    Args:
        model: In eval mode.
        tokens: One text.
        seen: Its trace, with what is `NEEDED`.
        position: After which token of the text, counted from 0.
        token: The id whose logit it is.
        against: The id whose logit is subtracted: why the one and not the other.

    Raises:
        ConfigurationError: the model is post-norm, see `require_receipt`.
    """
    require_receipt(model)
    with torch.inference_mode():
        named = list(_additions(model, tokens, seen, position))
        vectors = torch.stack([vector for _, vector in named])
    read = readout(
        model, seen.layers[-1].residual_after[0, position] if seen.layers else vectors[0]
    )
    offset, logits = read.offset.double(), seen.logits[0, position].double()
    direction = read.direction(token, against).double()
    subtracted = 0.0 if against is None else float(offset[against])
    shares = torch.cat([vectors.double() @ direction, (offset[token] - subtracted)[None]])
    return Receipt(
        position=position,
        token=token,
        against=against,
        parts=(*(part for part, _ in named), Part(kind="offset")),
        vectors=torch.cat([vectors, torch.zeros_like(vectors[:1])]),
        shares=shares,
        logit=float(logits[token] - (0.0 if against is None else logits[against])),
        read=read,
    )


def parts_of(model: LanguageModel) -> list[Part]:
    """The parts that a receipt has, in the order of the model, but for the offset."""
    require_receipt(model)
    token = torch.zeros(1, 1, dtype=torch.long, device=next(model.parameters()).device)
    parts = [Part(kind=kind) for kind in model.embed_parts(token)]
    for layer, block in enumerate(_blocks(model)):
        if isinstance(block, AttentionOnly):
            parts = []  # it takes the place of all that was there
        heads = range(block.attention.num_heads)
        parts += [Part(kind="head", layer=layer, head=head) for head in heads]
        if block.attention.join_offset is not None:
            parts.append(Part(kind="attention_bias", layer=layer))
        if not isinstance(block, AttentionOnly):
            parts.append(Part(kind="feed_forward", layer=layer))
    return parts


def _additions(
    model: LanguageModel, tokens: Tokens, seen: Trace, position: int
) -> Iterator[tuple[Part, Float[Tensor, " C"]]]:
    embedded, blocks = model.embed_parts(tokens), _blocks(model)
    heads: dict[int, Tensor] = {}
    for part in parts_of(model):
        if part.layer is None:
            yield part, embedded[_embedded(part)][0, position]
            continue
        block, layer = blocks[part.layer], seen.layers[part.layer]
        if part.layer not in heads:
            heads[part.layer] = _heads_at(block, layer, position)
        yield part, _addition(part, block, layer, heads[part.layer], position)


def _addition(
    part: Part, block: Block, layer: LayerTrace, heads: Float[Tensor, "H C"], position: int
) -> Float[Tensor, " C"]:
    if part.head is not None:
        return heads[part.head]
    if part.kind == "feed_forward":
        return layer.fed[0, position]
    assert block.attention.join_offset is not None
    return block.attention.join_offset


def _heads_at(block: Block, layer: LayerTrace, position: int) -> Float[Tensor, "H C"]:
    return block.attention.head_additions(layer.mixed[:, :, position : position + 1])[0, :, 0]


def _embedded(part: Part) -> Literal["token", "ngrams", "position"]:
    assert part.kind in ("token", "ngrams", "position")
    return part.kind


def _blocks(model: LanguageModel) -> list[Block]:
    return list(model.attention_blocks())
