"""What becomes of a model's guesses when heads bring something else than they did.

A head's output is set to zero (Michel et al. 2019, "Are sixteen heads really better than one?"),
to its mean over some texts, which stays closer to what later layers know, or to what it would be
if it looked elsewhere. Each such change is a row of one batch. What lies before a changed head is
not computed again: a row joins the batch at its layer, so that all heads of a model, one at a
time, cost little more than half of as many passes from the start.

Of a model with a table of n-grams, the last function says what all its heads together are worth,
and what the table is.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from minigpt.introspection.trace import Trace, trace
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.attention import Attention
from minigpt.models.layers.block import Block
from minigpt.shapes import HeadAdditions, HeadVectors, Logits, Positions, Residual, Tokens

MOST_BYTES = 128_000_000
"""For the rows that are computed at once; more of them go in turn."""
FLOAT = 4

Part = TypeVar("Part", bound=nn.Module)
Head = tuple[int, int]
"""Layer and head, both counted from 0."""
HeadMeans = Float[Tensor, "L H D"]


@dataclass(frozen=True)
class Replacement:
    """One head's output, replaced."""

    layer: int
    head: int
    mixed: Float[Tensor, "B T D"]
    """What it brings instead."""


@dataclass(frozen=True)
class PlainPass:
    """Some texts as the whole model reads them: what every change starts from."""

    model: LanguageModel
    targets: Tokens
    seen: Trace
    """Streams before each layer, values, and what each head brought."""

    @property
    def losses(self) -> Float[Tensor, "B T"]:
        """In nats, of each token that follows."""
        return token_losses(self.seen.logits, self.targets)

    @property
    def heads(self) -> list[Head]:
        """All heads, layer by layer."""
        layers, heads = heads_shape(self.model)
        return list(product(range(layers), range(heads)))


def plain_pass(model: LanguageModel, inputs: Tokens, targets: Tokens) -> PlainPass:
    """Read some texts.

    Args:
        model: In eval mode.
        inputs: Texts within the context.
        targets: The token that follows each.
    """
    kept = trace(model, inputs, keep={"residual_before", "values", "mixed"})
    return PlainPass(model, targets, kept)


def heads_shape(model: LanguageModel) -> tuple[int, int]:
    """How many layers have heads, and how many heads a layer has; none, where none has."""
    heads = [block.attention.num_heads for block in model.attention_blocks()]
    return len(heads), heads[0] if heads else 0


def token_losses(logits: Logits, targets: Tokens) -> Float[Tensor, "B T"]:
    """The loss of each token, in nats."""
    return functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")


def silence_head(plain: PlainPass, head: Head, *, means: HeadMeans | None = None) -> Replacement:
    """The head brings nothing; with `means`, everywhere what it brings on average."""
    layer, index = head
    mixed = plain.seen.layers[layer].mixed[:, index]
    instead = torch.zeros_like(mixed)
    return Replacement(layer, index, instead if means is None else instead + means[layer, index])


def redirect_head(plain: PlainPass, head: Head, weights: Float[Tensor, "B T T"]) -> Replacement:
    """The head looks where `weights` say, and brings what it finds there."""
    layer, index = head
    return Replacement(layer, index, weights @ plain.seen.layers[layer].values[:, index])


def head_means(plain: PlainPass) -> HeadMeans:
    """What each head brings on average, over texts and positions."""
    return torch.stack([layer.mixed.mean((0, 2)) for layer in plain.seen.layers])


def changed_losses(
    plain: PlainPass, changes: Sequence[Replacement], *, most_bytes: int = MOST_BYTES
) -> Float[Tensor, "A B T"]:
    """The loss of each token, in nats, under each of the changes alone.

    So many are computed at once as `most_bytes` hold.
    """
    losses = torch.empty(len(changes), *plain.targets.shape)
    # In the order of layers, so that rows which go together share as many layers as they can.
    order = sorted(range(len(changes)), key=lambda index: changes[index].layer)
    with torch.inference_mode():
        for group in _groups(order, _rows_at_once(plain, most_bytes)):
            logits = _run(plain, [changes[index] for index in group])
            by_change = logits.view(len(group), -1, *logits.shape[1:])
            for index, one in zip(group, by_change, strict=True):
                losses[index] = token_losses(one, plain.targets)
    return losses


def _groups(order: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for first in range(0, len(order), size):
        yield order[first : first + size]


def _rows_at_once(plain: PlainPass, most_bytes: int) -> int:
    """How many changes may be computed together."""
    batch, length = plain.targets.shape
    width = plain.seen.embedded.shape[-1]
    # A block's widest part is about twelve streams wide; the kernel keeps no table of weights.
    numbers = max(16 * width, 2 * plain.model.vocabulary_size)
    return max(1, most_bytes // (FLOAT * batch * length * numbers))


def _run(plain: PlainPass, changes: Sequence[Replacement]) -> Logits:
    """From the first changed layer on; rows are changes, each with all texts, in their order."""
    rows = plain.seen.embedded[:0]
    for index, block in enumerate(plain.model.attention_blocks()):
        if len(rows):
            rows = block(rows)
        if new := [change for change in changes if change.layer == index]:
            rows = torch.cat([rows, _change_layer(plain, index, block, new)])
    return plain.model.unembed(rows)


def _change_layer(
    plain: PlainPass, index: int, block: Block, changes: Sequence[Replacement]
) -> Residual:
    layer = plain.seen.layers[index]
    mixed = layer.mixed.repeat(len(changes), 1, 1, 1)  # (A B, H, T, D)
    for row, change in enumerate(changes):
        first = row * len(change.mixed)
        mixed[first : first + len(change.mixed), change.head] = change.mixed
    residual = layer.residual_before.repeat(len(changes), 1, 1)
    return block.add_feed_forward(block.add_attention(residual, block.attention.join_heads(mixed)))


class SilencedAttention(Attention):
    """Another attention, some of whose heads bring nothing, or always the same.

    It stands for the other one wherever that is used: fused, step by step, while writing.
    """

    def __init__(
        self,
        inner: Attention,
        mask: Float[Tensor, " H"],
        means: Float[Tensor, "H D"] | None = None,
    ) -> None:
        super().__init__(
            num_heads=inner.num_heads,
            head_size=inner.head_size,
            scale=inner.scale,
            dropout=inner.dropout,
        )
        self.inner = inner
        self.working = mask[:, None, None]
        offset = mask.new_zeros(inner.num_heads, inner.head_size) if means is None else means
        self.offset = (1 - self.working) * offset[:, None]

    def project_heads(
        self, residual: Residual, positions: Positions | None = None
    ) -> tuple[HeadVectors, HeadVectors, HeadVectors]:
        """As the other one does."""
        return self.inner.project_heads(residual, positions)

    def join_heads(self, mixed: HeadVectors) -> Residual:
        """Join what is left of what the heads brought."""
        return self.inner.join_heads(mixed * self.working + self.offset)

    def head_additions(self, mixed: HeadVectors) -> HeadAdditions:
        """What each head alone adds; a silent one what stands in its place."""
        return self.inner.head_additions(mixed * self.working + self.offset)

    @property
    def join_offset(self) -> Tensor | None:
        """The other one's."""
        return self.inner.join_offset


def with_heads(
    model: LanguageModel, mask: Float[Tensor, "L H"], *, means: HeadMeans | None = None
) -> LanguageModel:
    """The same model with heads switched off, for whatever a model is used for.

    It shares every weight with `model`, which stays as it is.

    Args:
        model: In eval mode.
        mask: 1 for each head that works, 0 for each that is silent.
        means: What a silent one brings; nothing unless given.
    """
    twin = _shallow(model)
    blocks = []
    for layer, block in enumerate(model.attention_blocks()):
        changed = _shallow(block)
        changed.attention = SilencedAttention(
            block.attention, mask[layer], None if means is None else means[layer]
        )
        blocks.append(changed)
    twin.blocks = nn.ModuleList(blocks).eval()
    return twin


def _shallow(module: Part) -> Part:
    """The same module in a shell of its own, whose parts can be exchanged."""
    twin = copy.copy(module)
    vars(twin)["_modules"] = dict(module._modules)
    return twin


TABLE = "ngram_embedding.weight"


@dataclass(frozen=True, kw_only=True)
class PartLosses:
    """Losses in nats per token, all on the same windows."""

    whole: float
    without_heads: float
    """With every head of every layer silenced."""
    without_table: float
    """With the vectors of all n-grams zero; those of single tokens stay."""


def part_losses(model: LanguageModel, inputs: Tokens, targets: Tokens) -> PartLosses | None:
    """What each part is worth to a model as it is; None for one without a table.

    Args:
        model: In eval mode; stays as it is.
        inputs: Windows of text it was not trained on.
        targets: The token after each.
    """
    table = dict(model.named_parameters()).get(TABLE)
    if table is None:
        return None
    with torch.inference_mode():
        emptied: Logits = functional_call(model, {TABLE: torch.zeros_like(table)}, (inputs,))
        silent = with_heads(model, torch.zeros(heads_shape(model), device=table.device))(inputs)
        return PartLosses(
            whole=_loss(model(inputs), targets),
            without_heads=_loss(silent, targets),
            without_table=_loss(emptied, targets),
        )


def _loss(logits: Logits, targets: Tokens) -> float:
    return float(functional.cross_entropy(logits.flatten(0, 1), targets.flatten()))
