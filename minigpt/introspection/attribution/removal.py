"""What becomes of the logits when a part of the model is taken away.

A receipt says what each part contributes itself. What it contributes by way of later parts, which
read it, shows only when it is gone: so each part in turn brings nothing, at every position of the
text, and the model goes on from there. Each removal is a row of one batch, which it joins where the
part is, so that nothing before it is computed again.
"""

from collections.abc import Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from minigpt.introspection.attribution.receipt import Part, parts_of
from minigpt.introspection.trace import LayerTrace, Stage, Trace
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.block import Block
from minigpt.shapes import Residual, Tokens

NEEDED: frozenset[Stage] = frozenset({"residual_before", "mixed", "attended"})
MOST_BYTES = 256_000_000
"""For the rows that are computed at once; more of them go in turn."""
FLOAT = 4


def logits_without(
    model: LanguageModel,
    tokens: Tokens,
    seen: Trace,
    *,
    position: int,
    parts: Sequence[Part] | None = None,
    most_bytes: int = MOST_BYTES,
) -> Float[Tensor, "parts V"]:
    """The logits after one position without each of some parts alone.

    Args:
        model: In eval mode, not post-norm.
        tokens: One text.
        seen: Its trace, with what is `NEEDED`.
        position: After which token; what comes later changes nothing, and is not computed.
        parts: Some of `parts_of(model)`, in that order; all of them unless given.
        most_bytes: What may be held at once; more of them go in turn.
    """
    parts, length = parts_of(model) if parts is None else parts, position + 1
    rows_at_once = max(1, most_bytes // (FLOAT * length * 16 * seen.embedded.shape[-1]))
    with torch.inference_mode():
        found = [
            _streams(model, tokens[:, :length], seen, parts[at : at + rows_at_once], first=position)
            for at in range(0, len(parts), rows_at_once)
        ]
        logits: Float[Tensor, "parts V"] = model.unembed(torch.cat(found))[:, 0]
    return logits


def logits_everywhere_without(
    model: LanguageModel, tokens: Tokens, seen: Trace, part: Part
) -> Float[Tensor, "T V"]:
    """The logits after each position of one text without one part, for the same models."""
    with torch.inference_mode():
        logits: Float[Tensor, "T V"] = model.unembed(_streams(model, tokens, seen, [part]))[0]
    return logits


def _streams(
    model: LanguageModel, tokens: Tokens, seen: Trace, parts: Sequence[Part], *, first: int = 0
) -> Float[Tensor, "parts places C"]:
    """What the last norm reads without each part, from place `first` on: the first, or the last."""
    embedded, length = model.embed_parts(tokens), tokens.shape[1]
    rows = seen.embedded[:0, :length]
    for part in parts:
        if part.layer is None:
            without = sum(vectors for kind, vectors in embedded.items() if kind != part.kind)
            rows = torch.cat([rows, without + torch.zeros_like(seen.embedded[:, :length])])
    blocks = list(model.attention_blocks())
    for index, block in enumerate(blocks):
        # In the last block what other places come to changes nothing any more.
        at = slice(first if index + 1 == len(blocks) else 0, length)
        rows = _at_last_place(block, rows) if at.start else block(rows)
        here = [part for part in parts if part.layer == index]
        rows = torch.cat([rows, *_rows_without(block, seen.layers[index], here, at)])
    return rows[:, -(length - first) :]


def _at_last_place(block: Block, rows: Residual) -> Float[Tensor, "B 1 C"]:
    """What a block makes of the last place of each row; nothing is masked there."""
    attention = block.attention
    queries, keys, values = attention.project_heads(block.read(rows))
    mixed = functional.scaled_dot_product_attention(
        queries[:, :, -1:], keys, values, scale=attention.scale
    )
    attended = attention.join_heads(mixed)
    return block.add_feed_forward(block.add_attention(rows[:, -1:], attended))


def _rows_without(
    block: Block, layer: LayerTrace, parts: Sequence[Part], at: slice
) -> Iterator[Float[Tensor, "K places C"]]:
    """What a block makes of some places without each of some of its parts, heads at once."""
    before, attended, offset = layer.residual_before[:, at], layer.attended[:, at], _offset(block)
    others = [part for part in parts if part.kind != "feed_forward"]
    if others:
        additions = block.attention.head_additions(layer.mixed[:, :, at])
        gone = [offset if one.head is None else additions[:, one.head] for one in others]
        rest = torch.cat([attended - one for one in gone])
        yield block.add_feed_forward(block.add_attention(before.expand_as(rest), rest))
    if len(others) < len(parts):
        stream = block.add_attention(before, attended)
        yield block.add_fed(stream, torch.zeros_like(stream))


def _offset(block: Block) -> Tensor:
    offset = block.attention.join_offset
    return torch.zeros(()) if offset is None else offset


def removal_flops(model: LanguageModel, length: int) -> int:
    """Arithmetic operations that `logits_without` takes, roughly: rows join half-way on average."""
    each = model.config.forward_flops(model.vocabulary_size)
    return (len(parts_of(model)) + 1) * length * each // 2
