"""What becomes of the logits when a part of the model is taken away.

A receipt says what each part contributes itself. What it contributes by way of later parts, which
read it, shows only when it is gone: so each part in turn brings nothing, at every position of the
text, and the model goes on from there. Each removal is a row of one batch, which it joins where the
part is, so that nothing before it is computed again.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

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
            _streams(model, tokens[:, :length], seen, parts[first : first + rows_at_once])[:, -1:]
            for first in range(0, len(parts), rows_at_once)
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
    model: LanguageModel, tokens: Tokens, seen: Trace, parts: Sequence[Part]
) -> Float[Tensor, "parts T C"]:
    """What the last norm reads, without each part."""
    embedded, length = model.embed_parts(tokens), tokens.shape[1]
    rows = seen.embedded[:0, :length]
    for part in parts:
        if part.layer is None:
            without = sum(vectors for kind, vectors in embedded.items() if kind != part.kind)
            rows = torch.cat([rows, without + torch.zeros_like(seen.embedded[:, :length])])
    for index, block in enumerate(model.attention_blocks()):
        if len(rows):
            rows = block(rows)
        layer = seen.layers[index]
        new = [_without(block, layer, part, length) for part in parts if part.layer == index]
        rows = torch.cat([rows, *new])
    return rows


def _without(block: Block, layer: LayerTrace, part: Part, length: int) -> Residual:
    before, attended = layer.residual_before[:, :length], layer.attended[:, :length]
    if part.kind == "feed_forward":
        stream = block.add_attention(before, attended)
        return block.add_fed(stream, torch.zeros_like(stream))
    if part.head is None:
        assert block.attention.join_offset is not None
        rest = attended - block.attention.join_offset
    else:
        alone = torch.zeros_like(layer.mixed[:, :, :length])
        alone[:, part.head] = layer.mixed[:, part.head, :length]
        rest = attended - block.attention.head_additions(alone)[:, part.head]
    return block.add_feed_forward(block.add_attention(before, rest))


def removal_flops(model: LanguageModel, length: int) -> int:
    """Arithmetic operations that `logits_without` takes, roughly: rows join half-way on average."""
    each = model.config.forward_flops(model.vocabulary_size)
    return (len(parts_of(model)) + 1) * length * each // 2
