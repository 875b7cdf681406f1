"""Texts that one model continues together, each new token at the price of one position.

What a position offers and hands over (its keys and values) never changes once it is computed, so
it is kept and only the newest position is worked out (Shazeer 2019, section 2.3, and every
generator since). What is kept belongs to the decoder; the model stays as it is, so that one model
serves many decoders.

Beyond the context the numbers kept no longer hold: they were computed by positions counted from a
first token that has left. The text is then read anew from its last half context, and grows again.
Each token is so judged by at least half a context and at most a whole one; by how many follows
from the length of the text alone (`window_start`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.attention import Attention
from minigpt.shapes import HeadVectors, Residual

ROWS = 4
"""Texts are worked on in fours. Libraries multiply one to three rows in another order of sums
than four or more; so a text alone gets the same bits as the same text among others."""
SLOTS = 64
"""Room for keys and values grows by so many positions; zeros beyond a text change no sum."""
NUMBER_BYTES = 4

Change = Callable[[int, Residual], Residual]
"""What becomes of the stream: of the embeddings, 0, and of what layer n leaves behind, n."""


@dataclass(eq=False)
class _Kept:
    """The keys and values of one layer, a row a text; as wide as heads times their channels."""

    keys: Float[Tensor, "rows slots H D"]
    values: Float[Tensor, "rows slots H D"]

    def resize(self, rows: int, slots: int) -> None:
        """Give or take room; what lies in both sizes stays."""
        self.keys, self.values = (
            _resized(table, rows, slots) for table in (self.keys, self.values)
        )


def _resized(table: Tensor, rows: int, slots: int) -> Tensor:
    new = table.new_zeros(rows, slots, *table.shape[2:])
    rows, slots = min(rows, table.shape[0]), min(slots, table.shape[1])
    new[:rows, :slots] = table[:rows, :slots]
    return new


class Decoder:
    """The texts, what is known of each of their positions, and the scores of their next tokens.

    Not for two threads at once. The model should be in eval mode.
    """

    def __init__(self, model: LanguageModel) -> None:
        self.model = model
        self.device = next(model.parameters()).device
        # Of each text the tokens that judge its next one, and how many there were before them.
        self._texts: list[list[int]] = []
        self._starts: list[int] = []
        self._layers: list[_Kept] = []
        for block in model.attention_blocks():
            attention = block.attention
            nothing = torch.zeros(0, 0, attention.num_heads, attention.head_size).to(self.device)
            self._layers.append(_Kept(nothing, nothing))

    def __len__(self) -> int:
        """How many texts there are; they are numbered from 0."""
        return len(self._texts)

    def add(self, tokens: Sequence[int], *, change: Change | None = None) -> Float[Tensor, " V"]:
        """Read a text, the last of those there are; returns the scores of its next token.

        Args:
            tokens: The text.
            change: What is done to its stream while it is read. Forgotten when the text has
                outgrown the context and is read anew.

        Raises:
            ConfigurationError: there is nothing to continue.
        """
        require_prompt(tokens)
        start = window_start(len(tokens), self.model.context_length)
        self._texts.append(list(tokens[start:]))
        self._starts.append(start)
        try:
            with torch.inference_mode():
                return self._read(len(self._texts) - 1, change)
        except BaseException:
            self.drop(len(self._texts) - 1)  # the others go on without it
            raise

    def drop(self, index: int) -> None:
        """Forget a text; the last one takes its number."""
        last, start = self._texts.pop(), self._starts.pop()
        if index < len(self._texts):
            self._texts[index], self._starts[index] = last, start
            with torch.inference_mode():
                for layer in self._layers:
                    layer.keys[index] = layer.keys[len(self._texts)]
                    layer.values[index] = layer.values[len(self._texts)]
        if not self._texts:
            for layer in self._layers:
                layer.resize(0, 0)

    def choose(self, indices: Sequence[int]) -> None:
        """Go on with these texts, in this order; one that is named twice becomes two."""
        self._texts = [list(self._texts[index]) for index in indices]
        self._starts = [self._starts[index] for index in indices]
        with torch.inference_mode():
            for layer in self._layers:
                layer.keys, layer.values = layer.keys[indices], layer.values[indices]

    def advance(self, tokens: Sequence[int]) -> Float[Tensor, "texts V"]:
        """Append a token to every text; returns the scores of the next ones."""
        context = self.model.context_length
        anew = []
        for index, (text, token) in enumerate(zip(self._texts, tokens, strict=True)):
            text.append(token)
            start = window_start(self._starts[index] + len(text), context)
            if start > self._starts[index]:
                del text[: start - self._starts[index]]
                self._starts[index] = start
                anew.append(index)
            elif len(text) < self.model.embedding_reach:
                anew.append(index)  # too short for the step below, and so read in no time
        with torch.inference_mode():
            logits = self._step()
            for index in anew:
                logits[index] = self._read(index)
        return logits

    def _read(self, index: int, change: Change | None = None) -> Float[Tensor, " V"]:
        """Work out every position of one text."""
        length = len(self._texts[index])
        self._make_room()
        change = change or _unchanged
        embedded = self.model.embed(torch.tensor([self._texts[index]], device=self.device))
        residual = change(0, embedded)
        layers = zip(self.model.attention_blocks(), self._layers, strict=True)
        for number, (block, kept) in enumerate(layers, start=1):
            queries, keys, values = block.attention.project_heads(block.read(residual))
            # (1, H, T, D) -> (T, H, D)
            kept.keys[index, :length] = keys[0].transpose(0, 1)
            kept.values[index, :length] = values[0].transpose(0, 1)
            mixed = functional.scaled_dot_product_attention(
                queries, keys, values, is_causal=True, scale=block.attention.scale
            )
            attended = block.attention.join_heads(mixed)
            residual = block.add_feed_forward(block.add_attention(residual, attended))
            residual = change(number, residual)
        return self.model.unembed(residual[:, -1:])[0, 0]

    def _step(self) -> Float[Tensor, "texts V"]:
        """Work out the newest position of every text, all at once."""
        rows = self._make_room()
        reach = self.model.embedding_reach
        nothing = [[0] * reach] * (rows - len(self._texts))
        newest = [([0] * reach + text)[-reach:] for text in self._texts] + nothing
        ends = [len(text) - 1 for text in self._texts] + [0] * len(nothing)
        places = torch.tensor(ends, device=self.device)  # (rows,)
        positions = places[:, None] + torch.arange(1 - reach, 1, device=self.device)
        embedded = self.model.embed(
            torch.tensor(newest, device=self.device), positions.clamp(min=0)
        )
        residual = embedded[:, -1:]  # (rows, 1, C)
        slots = self._layers[0].keys.shape[1] if self._layers else 0
        later = torch.arange(slots, device=self.device) > places[:, None]
        hidden = torch.zeros(later.shape, device=self.device).masked_fill_(later, -torch.inf)
        written = torch.arange(rows, device=self.device) * slots + places
        for block, kept in zip(self.model.attention_blocks(), self._layers, strict=True):
            attended = _attend(
                block.attention,
                block.read(residual),
                kept,
                positions=places[:, None],
                written=written,
                hidden=hidden[:, None, None],
            )
            residual = block.add_feed_forward(block.add_attention(residual, attended))
        return self.model.unembed(residual)[: len(self._texts), 0]

    def _make_room(self) -> int:
        """Fit what is kept to the texts; returns how many rows they are worked on in."""
        rows = ROWS * -(-len(self._texts) // ROWS)
        slots = SLOTS * -(-max(map(len, self._texts)) // SLOTS)
        for layer in self._layers:
            if layer.keys.shape[:2] != (rows, slots):
                layer.resize(rows, slots)
        return rows


def _unchanged(_state: int, residual: Residual) -> Residual:
    return residual


def require_prompt(prompt: Sequence[int]) -> None:
    """Refuse what no model can continue.

    Raises:
        ConfigurationError: the prompt is empty.
    """
    if not prompt:
        raise ConfigurationError(
            "The prompt is empty; give the model at least one character to continue.",
            field="sampling.prompt",
        )


def window_start(length: int, context_length: int) -> int:
    """The first of the tokens that judge what follows a text of so many tokens.

    0 while the text fits into the context. When it has outgrown that, half of it is left behind.
    """
    left_behind = context_length + 1 - max(1, context_length // 2)
    return left_behind * max(0, -(-(length - context_length) // left_behind))


def _attend(
    attention: Attention,
    seen: Residual,
    kept: _Kept,
    *,
    positions: Int[Tensor, "rows 1"],
    written: Int[Tensor, " rows"],
    hidden: Float[Tensor, "rows 1 1 slots"],
) -> Residual:
    """Attention of each row's newest position to all of its text."""
    queries, keys, values = attention.project_heads(seen, positions)
    _write(kept.keys, written, keys)
    _write(kept.values, written, values)
    # (rows, slots, H, D) -> (rows, H, slots, D)
    mixed = functional.scaled_dot_product_attention(
        queries,
        kept.keys.transpose(1, 2),
        kept.values.transpose(1, 2),
        attn_mask=hidden,
        scale=attention.scale,
    )
    return attention.join_heads(mixed)


def _write(
    table: Float[Tensor, "rows slots H D"], written: Int[Tensor, " rows"], new: HeadVectors
) -> None:
    # (rows, H, 1, D) -> (rows, H, D), put where each row's newest position lies
    table.flatten(0, 1).index_copy_(0, written, new.squeeze(2))


def kept_bytes(model: LanguageModel, *, texts: int, length: int) -> int:
    """What a decoder keeps of so many texts of at most `length` tokens."""
    rows = ROWS * -(-texts // ROWS)
    slots = SLOTS * -(-min(length, model.context_length) // SLOTS)
    widths = (
        block.attention.num_heads * block.attention.head_size for block in model.attention_blocks()
    )
    return 2 * NUMBER_BYTES * rows * slots * sum(widths)
