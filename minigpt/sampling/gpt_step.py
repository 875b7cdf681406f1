"""A GPT's step for the newest position of each text, in as few operations as it takes.

The modules of a model are made to be read and looked into; called for one position at a time they
spend longer on calling each other than on numbers. Here the same sums are written for one position:
every matrix at hand, room for every result made once, attention as two products of matrices. What
NumPy does in less time is NumPy's, on the memory of PyTorch's tensors. Tests compare it with the
model's own forward pass for every choice of `GPTConfig`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from minigpt.models.ladder.gpt import GPT
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.block import PostNormBlock, PreNormBlock, TransformerBlock
from minigpt.models.layers.norms import LayerNorm
from minigpt.sampling.gpt_desk import Desk
from minigpt.sampling.key_value_cache import LayerCache, NewestPositions, embed_newest, rows_for
from minigpt.sampling.linear_maps import (
    ROWS,
    LinearMap,
    Matrix,
    fewest_rows,
    grouped_map,
    is_equal_in_every_place,
    packed_map,
    plain_map,
)

Rows = Float[Tensor, "rows C"]
Turn = Callable[[Float[Tensor, "texts 2 H D"]], Float[Tensor, "texts 2 H D"]]
MapMaker = Callable[[Matrix, Tensor | None], LinearMap]

PACKED_WIDTH = 256
"""From this width on, a product's time lies in reading its matrix, not in being called."""
MOST_COPIED = 64_000_000
"""Parameters of a model whose matrices are copied; the copy takes as much memory again."""


@dataclass(eq=False)
class GPTStep:
    """The maps of one model, in the order in which a position goes through them.

    Of one decoder: it works in its own room.
    """

    model: GPT
    blocks: Sequence["_Block"]
    final_norm: Callable[[Rows], Rows]
    head: LinearMap
    fewest: int
    """Texts are worked on in so many rows at least: `ROWS`, or fewer if packed."""
    marks: Sequence[tuple[int, int]]
    """Where the parameters lay, and how often they had been changed."""
    tokens: Float[np.ndarray, "V C"]
    """The vector of each token."""
    positions: Float[np.ndarray, "T C"] | None
    """The vector of each position, where positions have vectors."""
    _desk: Desk | None = field(default=None, init=False)

    @property
    def is_current(self) -> bool:
        """Whether the model is still as it was."""
        return self.marks == _marks(self.model) and not self.model.training

    def scores(
        self, texts: Sequence[Sequence[int]], layers: Sequence[LayerCache]
    ) -> Float[Tensor, "texts V"]:
        """What each text's newest position says about the next token."""
        desk = self._desk
        if desk is None or desk.texts != len(texts):
            desk = self._desk = Desk(self.model, texts=len(texts), rows=self.rows_for(len(texts)))
        desk.place([len(text) for text in texts], layers)
        self._embed(texts, desk)
        turn = _turn(self.model, desk.newest)
        for block, kept in zip(self.blocks, layers, strict=True):
            block(desk, kept, turn)
        found = torch.empty(desk.rows, self.model.vocabulary_size)
        self.head(self.final_norm(desk.stream.tensor).numpy(), found.numpy())
        return found[: desk.texts]

    def rows_for(self, texts: int) -> int:
        """In how many rows so many texts are worked on."""
        return rows_for(texts) if self.fewest == ROWS else max(self.fewest, texts)

    def _embed(self, texts: Sequence[Sequence[int]], desk: Desk) -> None:
        """Put the newest tokens' vectors into the stream; rows beyond the texts get zeros."""
        stream = desk.stream.array
        stream[desk.texts :] = 0.0
        if self.model.ngram_embedding is not None:
            vectors = embed_newest(self.model, texts, desk.newest)
            stream[: desk.texts] = vectors[:, -1].numpy()
            return
        stream[: desk.texts] = self.tokens[[text[-1] for text in texts]]
        if self.positions is not None:
            stream[: desk.texts] += self.positions[desk.places]


def gpt_step(model: LanguageModel) -> GPTStep | None:
    """The step of a model whose sums are written here; None for every other.

    A model that trains drops some of what it computes, other numbers than single ones on a
    processor have products of their own, and an exchanged part, such as an attention with silent
    heads, has other sums.
    """
    if type(model) is not GPT or model.training or any(map(_is_foreign, model.parameters())):
        return None
    if not all(map(_is_written_here, model.blocks)):
        return None
    if model.num_parameters > MOST_COPIED:
        return _made(model, plain_map, ROWS)
    if model.config.width >= PACKED_WIDTH:
        fewest = _fewest_rows_packed(model)
        if fewest:
            return _made(model, packed_map, fewest)
    return _made(model, grouped_map if _can_be_grouped(model) else plain_map, ROWS)


def _is_written_here(block: nn.Module) -> bool:
    # Not their subclasses, nor what only stands for them.
    is_known = type(block) in (PreNormBlock, PostNormBlock)
    return is_known and type(block.attention) is CausalSelfAttention


def _is_foreign(parameter: nn.Parameter) -> bool:
    is_plain = parameter.device.type == "cpu" and parameter.dtype == torch.float32
    return not is_plain or parameter.is_inference()  # which keeps no count of its changes


def _marks(model: GPT) -> list[tuple[int, int]]:
    return [(parameter.data_ptr(), parameter._version) for parameter in model.parameters()]


def _fewest_rows_packed(model: GPT) -> int:
    """In how many rows packed maps work, as tried on a matrix of each kind; 0 if in none."""
    block = cast("TransformerBlock", model.blocks[0])
    fewest = 1
    for weight, bias in (*_maps(block), _head(model)):
        try:
            found = fewest_rows(packed_map(weight, bias), weight, bias)
        except (AttributeError, RuntimeError):  # another processor, or a PyTorch built without
            return 0
        if found is None:
            return 0
        fewest = max(fewest, found)
    return fewest


def _can_be_grouped(model: GPT) -> bool:
    maps = (*_maps(cast("TransformerBlock", model.blocks[0])), _head(model))
    return all(is_equal_in_every_place(*reversed(weight.shape)) for weight, _ in maps)


def _maps(block: TransformerBlock) -> list[tuple[Matrix, Tensor | None]]:
    attention, feed_forward = cast("CausalSelfAttention", block.attention), block.feed_forward
    maps = (attention.query_key_value, attention.output, feed_forward.widen, feed_forward.narrow)
    return [(linear.weight, linear.bias) for linear in maps]


def _head(model: GPT) -> tuple[Matrix, Tensor | None]:
    matrix = model.token_embedding if model.output is None else model.output
    return matrix.weight, model.output_bias


def _made(model: GPT, make: MapMaker, fewest: int) -> GPTStep:
    positions = model.position_embedding
    return GPTStep(
        model=model,
        blocks=[_block(cast("TransformerBlock", block), make) for block in model.blocks],
        final_norm=_norm(model.final_norm),
        head=make(*_head(model)),
        fewest=fewest,
        marks=_marks(model),
        tokens=model.token_embedding.weight.detach().numpy(),
        positions=None if positions is None else positions(model.context_length).detach().numpy(),
    )


def _norm(norm: nn.Module) -> Callable[[Rows], Rows]:
    if isinstance(norm, LayerNorm):
        shape = list(norm.normalized_shape)
        return partial(
            torch.layer_norm,
            normalized_shape=shape,
            weight=norm.weight,
            bias=norm.bias,
            eps=norm.eps,
            cudnn_enable=False,
        )
    return norm


def _turn(model: GPT, newest: NewestPositions) -> Turn | None:
    """What turns queries and keys by the places of their texts, if anything does."""
    attention = cast("CausalSelfAttention", model.blocks[0].attention)
    if attention.rotation is None:
        return None
    # (texts, 2, D / 2) -> two times (texts, 1, 1, D / 2)
    rows = attention.rotation.table[newest.places[: newest.texts]]
    cosine, sine = rows[:, None, None].unbind(-2)

    def turned(vectors: Float[Tensor, "texts 2 H D"]) -> Float[Tensor, "texts 2 H D"]:
        first, second = vectors.chunk(2, dim=-1)
        return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)

    return turned


def _block(block: TransformerBlock, make: MapMaker) -> "_Block":
    attention = cast("CausalSelfAttention", block.attention)
    prepare = attention.before_comparison
    query_key_value, output, widen, narrow = (make(*linear) for linear in _maps(block))
    return _Block(
        query_key_value=query_key_value,
        output=output,
        widen=widen,
        narrow=narrow,
        activate=block.feed_forward.activate,
        attention_norm=_norm(block.attention_norm),
        feed_forward_norm=_norm(block.feed_forward_norm),
        norms_come_first=isinstance(block, PreNormBlock),
        before_comparison=None if isinstance(prepare, nn.Identity) else prepare,
        head_size=attention.head_size,
        scale=attention.scale,
    )


@dataclass(frozen=True, eq=False)
class _Block:
    """One block for one position of each text."""

    query_key_value: LinearMap
    output: LinearMap
    widen: LinearMap
    narrow: LinearMap
    activate: Callable[[Tensor], Tensor]
    attention_norm: Callable[[Rows], Rows]
    feed_forward_norm: Callable[[Rows], Rows]
    norms_come_first: bool
    before_comparison: nn.Module | None
    head_size: int
    scale: float

    def __call__(self, desk: Desk, kept: LayerCache, turn: Turn | None) -> None:
        """Bring the stream behind the block."""
        stream, added = desk.stream, desk.added.array
        if self.norms_come_first:
            self._attend(self.attention_norm(stream.tensor), desk, kept, turn)
            np.add(stream.array, added, out=stream.array)
            self._feed(self.feed_forward_norm(stream.tensor), desk)
            np.add(stream.array, added, out=stream.array)
            return
        self._attend(stream.tensor, desk, kept, turn)
        np.add(stream.array, added, out=stream.array)
        stream.tensor.copy_(self.attention_norm(stream.tensor))
        self._feed(stream.tensor, desk)
        np.add(stream.array, added, out=stream.array)
        stream.tensor.copy_(self.feed_forward_norm(stream.tensor))

    def _feed(self, seen: Rows, desk: Desk) -> None:
        """Leave in `added` what the feed-forward part makes of what it sees."""
        self.widen(seen.numpy(), desk.widened.array)
        desk.after_activation.copy_(self.activate(desk.before_activation))
        self.narrow(desk.activated.array, desk.added.array)

    def _attend(self, seen: Rows, desk: Desk, kept: LayerCache, turn: Turn | None) -> None:
        """Leave in `added` what the heads bring from the positions before and this one."""
        self.query_key_value(seen.numpy(), desk.vectors.array)
        queries, offered = desk.queries, desk.offered
        if self.before_comparison or turn:
            compared = desk.by_part[:, :2]
            if self.before_comparison:
                compared = self.before_comparison(compared)
            compared = turn(compared) if turn else compared
            queries = compared[:, 0]
            offered = torch.cat((compared[:, 1:], desk.by_part[:, 2:]), dim=1).numpy()
        kept.array[desk.written] = offered
        keys, values = kept.by_head(desk.texts)
        queries = queries.reshape(-1, 1, self.head_size)
        scores = torch.baddbmm(desk.newest.hidden, queries, keys, alpha=self.scale)
        torch.bmm(scores.softmax(-1), values, out=desk.mixed_by_head)
        self.output(desk.mixed.array, desk.added.array)
