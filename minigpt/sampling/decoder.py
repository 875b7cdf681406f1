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

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.attention import Attention
from minigpt.sampling.gpt_step import GPTStep, gpt_step
from minigpt.sampling.key_value_cache import (
    LayerCache,
    NewestPositions,
    embed_newest,
    newest_of,
    rows_for,
    slots_for,
)
from minigpt.shapes import Residual

Change = Callable[[int, Residual], Residual]
"""What becomes of the stream: of the embeddings, 0, and of what layer n leaves behind, n."""


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
        self._layers = [
            LayerCache(block.attention, self.device) for block in model.attention_blocks()
        ]
        self._gpt_step: GPTStep | None = None

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
        if self._gpt_step and not self._gpt_step.is_current:
            self._gpt_step = None
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
                    layer.move(len(self._texts), index)
        if not self._texts:
            for layer in self._layers:
                layer.resize(0, 0)

    def choose(self, indices: Sequence[int]) -> None:
        """Go on with these texts, in this order; one that is named twice becomes two."""
        self._texts = [list(self._texts[index]) for index in indices]
        self._starts = [self._starts[index] for index in indices]
        with torch.inference_mode():
            for layer in self._layers:
                layer.choose(indices)

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
            self._gpt_step = self._gpt_step or gpt_step(self.model)
            logits = self._step()
            for index in anew:
                logits[index] = self._read(index)
        return logits

    def _read(self, index: int, change: Change | None = None) -> Float[Tensor, " V"]:
        """Work out every position of one text."""
        length = len(self._texts[index])
        self._make_room()
        embedded = self.model.embed(torch.tensor([self._texts[index]], device=self.device))
        residual = change(0, embedded) if change else embedded
        layers = list(zip(self.model.attention_blocks(), self._layers, strict=True))
        for number, (block, kept) in enumerate(layers, start=1):
            queries, keys, values = block.attention.project_heads(block.read(residual))
            kept.keys[index, :, :length], kept.values[index, :, :length] = keys[0], values[0]
            if number == len(layers) and not change:
                # Of what the last layer makes, only the last position is asked for.
                residual, queries = residual[:, -1:], queries[:, :, -1:]
            is_causal = queries.shape[2] > 1  # one position looks at all
            mixed = functional.scaled_dot_product_attention(
                queries, keys, values, is_causal=is_causal, scale=block.attention.scale
            )
            attended = block.attention.join_heads(mixed)
            residual = block.add_feed_forward(block.add_attention(residual, attended))
            residual = change(number, residual) if change else residual
        return self.model.unembed(residual[:, -1:])[0, 0]

    def _step(self) -> Float[Tensor, "texts V"]:
        """Work out the newest position of every text, all at once."""
        self._make_room()
        if self._gpt_step:
            return self._gpt_step.scores(self._texts, self._layers)
        lengths = [len(text) for text in self._texts]
        rows = rows_for(len(self))
        newest = newest_of(lengths, self._layers, rows=rows, device=self.device)
        residual = embed_newest(self.model, self._texts, newest)[:, -1:]  # (rows, 1, C)
        for block, kept in zip(self.model.attention_blocks(), self._layers, strict=True):
            attended = _attend(block.attention, block.read(residual), kept, newest)
            residual = block.add_feed_forward(block.add_attention(residual, attended))
        return self.model.unembed(residual)[: len(self), 0]

    def _make_room(self) -> None:
        """Fit what is kept to the texts."""
        rows, slots = rows_for(len(self)), slots_for(max(map(len, self._texts)))
        for layer in self._layers:
            layer.resize(rows, slots)


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
    attention: Attention, seen: Residual, kept: LayerCache, newest: NewestPositions
) -> Residual:
    """Attention of each row's newest position to all of its text; rows without one get zeros."""
    texts = newest.texts
    # (rows, H, 1, D) -> (texts, H, D)
    queries, keys, values = attention.project_heads(seen, newest.places[:, None])
    kept.write(newest, torch.stack((keys[:texts, :, 0], values[:texts, :, 0]), dim=1))
    mixed = functional.scaled_dot_product_attention(
        queries[:texts],
        kept.keys[:texts],
        kept.values[:texts],
        attn_mask=newest.hidden.view(texts, -1, 1, newest.hidden.shape[-1]),
        scale=attention.scale,
    )
    empty = mixed.new_zeros(len(seen) - texts, *mixed.shape[1:])
    return attention.join_heads(torch.cat((mixed, empty)))
