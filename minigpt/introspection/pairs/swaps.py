"""How far one state of one text, pasted into another text, moves what comes next.

Activation patching, or causal tracing (Vig et al. 2020, "Causal mediation analysis"; Meng et al.
2022, "Locating and editing factual associations"). Two texts of equal length lead to different
guesses. While the model reads the second, its residual stream at one layer and one position is
exchanged for that of the first; how far the guess goes over to the first's says how much of what
decides it passes through there.

Instead of a whole state, what one head brings at one position can be swapped. All that follows in
its layer works on each position by itself, so that is one more vector in the place of a state.

Every such swap is a row of one batch, which it joins at its layer; what lies before is not computed
again. Before the first token in which the texts differ their states are the same, and swapping them
does nothing.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.ablation import heads_shape
from minigpt.introspection.trace import Trace, trace
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import HeadVectors, Residual, Tokens

MOST_BYTES = 128_000_000
"""For the rows that are computed at once; more of them go in turn."""
FLOAT = 4
LEAST_DIFFERENCE = 1e-4
"""In logits: below it, shares of it are shares of rounding errors."""
FEWEST_TOKENS, MOST_TOKENS, ROWS = 8, 256, 64

Place = tuple[int, int]
"""Which state, 0 for the embeddings and n after layer n; and at which position, from 0."""
HeadPlace = tuple[int, int, int]
"""Which layer, which head of it, and at which position, all from 0."""


@dataclass(frozen=True)
class TextPair:
    """Two texts as the whole model reads them, and the two next tokens between which it wavers."""

    model: LanguageModel
    tokens: Tokens
    """The text that gives its states, and the one that they are pasted into."""
    seen: Trace
    answers: tuple[int, int]
    """The next token that speaks for the first text, and the one that speaks for the second."""

    @cached_property
    def streams(self) -> tuple[Residual, ...]:
        """The stream of both texts: the embeddings, then after each layer."""
        return (self.seen.embedded, *(layer.residual_after for layer in self.seen.layers))

    @property
    def differences(self) -> tuple[float, float]:
        """The logit of the first answer less that of the second, at the end of each text."""
        first, second = self.difference(self.seen.logits[:, -1]).tolist()
        return first, second

    @cached_property
    def mixed(self) -> tuple[HeadVectors, ...]:
        """What each head of each layer brings home, in both texts."""
        return tuple(one.mixed for one in trace(self.model, self.tokens, keep={"mixed"}).layers)

    @cached_property
    def after_heads(self) -> Float[Tensor, "L H T C"]:
        """The second text's stream after each layer, were one head's line there the first's.

        At each position as if the swap were made at that one alone.
        """
        after = []
        with torch.inference_mode():
            for block, mixed, stream in zip(
                self.model.attention_blocks(), self.mixed, self.streams, strict=False
            ):
                own = range(mixed.shape[1])
                swapped = mixed[1:].repeat(len(own), 1, 1, 1)
                swapped[own, own] = mixed[0]
                before = stream[1:].expand(len(own), -1, -1)
                attended = block.attention.join_heads(swapped)
                after.append(block.add_feed_forward(block.add_attention(before, attended)))
        return torch.stack(after)

    def pasted_state(self, place: Place | HeadPlace) -> tuple[Place, Float[Tensor, " C"]]:
        """Which state changes with a swap, and to what."""
        if len(place) == 2:
            state, position = place
            return place, self.streams[state][0, position]
        layer, head, position = place
        return (layer + 1, position), self.after_heads[layer, head, position]

    def swap(self, place: Place | HeadPlace, state: int, residual: Residual) -> Residual:
        """The stream of the second text alone at a state, with the swap if it is made there.

        What it is for: whoever lets the model read the second text, step by step.
        """
        (changed, position), vector = self.pasted_state(place)
        if state != changed:
            return residual
        swapped = residual.clone()
        swapped[0, position] = vector
        return swapped

    def difference(self, logits: Float[Tensor, "rows V"]) -> Float[Tensor, " rows"]:
        """The logit of the first answer less that of the second."""
        return logits[:, self.answers[0]] - logits[:, self.answers[1]]

    def share_moved(self, logits: Float[Tensor, "rows V"]) -> Float[Tensor, " rows"]:
        """How far such scores lie on the way from the second text's, 0, to the first's, 1.

        Nothing keeps it in between: a swap may push further, or back.
        """
        first, second = self.differences
        return (self.difference(logits) - second) / (first - second)


def text_pair(
    model: LanguageModel, tokens: Tokens, *, answers: tuple[int, int] | None = None
) -> TextPair:
    """Read two texts.

    Args:
        model: In eval mode.
        tokens: The two texts, as rows.
        answers: Two next tokens to tell the texts apart by; those that either text makes more
            probable than the other by the most, unless given.

    Raises:
        ConfigurationError: the texts or the answers are the same, the texts do not fit into the
            context, or they make no difference to what is asked for.
    """
    if torch.equal(tokens[0], tokens[1]):
        raise ConfigurationError(
            "The two texts are the same, so there is nothing to swap. Change a token of one."
        )
    if answers is not None and answers[0] == answers[1]:
        raise ConfigurationError(
            "The two answers are the same token, so there is nothing between them to move. Choose "
            "two different ones."
        )
    seen = trace(model, tokens, keep={"residual_after"})
    first, second = seen.logits[:, -1].softmax(-1)
    pair = TextPair(
        model,
        tokens,
        seen,
        answers or (int((first - second).argmax()), int((second - first).argmax())),
    )
    from_first, from_second = pair.differences
    if abs(from_first - from_second) < LEAST_DIFFERENCE:
        raise ConfigurationError(
            "Both texts lead to the same guess, so there is nothing that a swap could move. "
            "Change a token nearer to the end."
        )
    return pair


def swap_map(pair: TextPair, *, most_bytes: int = MOST_BYTES) -> Float[Tensor, "states T"]:
    """How far each swap of one state moves the guess: 0 as the second text, 1 as the first.

    A row for the embeddings and one after each layer; a column for each position. So many are
    computed at once as `most_bytes` hold.
    """
    states, length = len(pair.streams), pair.tokens.shape[1]
    return _map(pair, product(range(states), range(length)), (states, length), most_bytes)


def head_swap_map(pair: TextPair) -> Float[Tensor, "L H T"]:
    """How far each swap of what one head brings moves the guess, in the same measure."""
    layers, heads, length = pair.after_heads.shape[:3]
    return _map(pair, product(range(layers), range(heads), range(length)), (layers, heads, length))


def _map(
    pair: TextPair,
    places: Iterable[Place | HeadPlace],
    shape: tuple[int, ...],
    most_bytes: int = MOST_BYTES,
) -> Float[Tensor, "*places"]:
    found = torch.zeros(shape)
    felt = [place for place in places if _changes(pair, place)]
    with torch.inference_mode():
        for group in _groups(felt, _rows_at_once(pair, most_bytes)):
            moved = pair.share_moved(_last_logits(pair, group))
            for place, one in zip(group, moved, strict=True):
                found[place] = one
    return found


def _changes(pair: TextPair, place: Place | HeadPlace) -> bool:
    if len(place) == 2:
        state, position = place
        return not torch.equal(*pair.streams[state][:, position])
    layer, head, position = place
    return not torch.equal(*pair.mixed[layer][:, head, position])


def swapped_logits(pair: TextPair, place: Place | HeadPlace) -> Float[Tensor, " V"]:
    """The scores of the token after the second text, with one swap."""
    with torch.inference_mode():
        return _last_logits(pair, [place])[0]


def _groups(
    places: Sequence[Place | HeadPlace], size: int
) -> Iterator[Sequence[Place | HeadPlace]]:
    for first in range(0, len(places), size):
        yield places[first : first + size]


def _rows_at_once(pair: TextPair, most_bytes: int) -> int:
    return _rows_in_memory(pair.tokens.shape[1], pair.seen.embedded.shape[-1], most_bytes)


def _rows_in_memory(length: int, width: int, most_bytes: int) -> int:
    # A block's widest part is about twelve streams wide; the kernel keeps no table of weights.
    return max(1, most_bytes // (FLOAT * length * 16 * width))


def _last_logits(pair: TextPair, places: Sequence[Place | HeadPlace]) -> Float[Tensor, "rows V"]:
    """Of the second text's end after each of these swaps, which are in the order of states."""
    rows, blocks = pair.streams[0][:0], list(pair.model.attention_blocks())
    swaps = [pair.pasted_state(place) for place in places]
    for state, stream in enumerate(pair.streams):
        if state and len(rows):
            rows = blocks[state - 1](rows)
        if new := [(at, vector) for (one, at), vector in swaps if one == state]:
            pasted = stream[1:].repeat(len(new), 1, 1)
            for row, (position, vector) in enumerate(new):
                pasted[row, position] = vector
            rows = torch.cat([rows, pasted])
    return pair.model.unembed(rows[:, -1:])[:, 0]


def longest_swap(model: LanguageModel, operations: float, *, by_head: bool = False) -> int:
    """How many tokens two texts may have for all swaps to take about so many operations.

    Two for each parameter and token, for one swap a state and position, half of the layers each;
    or one for each head. At least 8, and at most 256: of a narrow model with a long context
    attention would cost the most, which its parameters say nothing of.
    """
    layers, heads = heads_shape(model)
    rows = layers * heads if by_head else layers + 1
    length = math.isqrt(int(operations / (max(1, rows) * model.num_parameters)))
    return min(model.context_length, MOST_TOKENS, max(FEWEST_TOKENS, length))


def _scores_at_end(model: LanguageModel, tokens: Tokens) -> Float[Tensor, "rows V"]:
    """The scores of the token after each text; those in between would be a vocabulary a token."""
    residual = model.embed(tokens)
    for block in model.attention_blocks():
        residual = block(residual)
    return model.unembed(residual[:, -1:])[:, 0]


def alternatives(model: LanguageModel, tokens: Tokens, *, most: int) -> Int[Tensor, "T most"]:
    """For each token of a text others that might stand there, the likeliest first.

    They are the model's own guesses from what stands before; of the first token, which nothing
    stands before, those that it makes on average over the text.

    Args:
        model: In eval mode.
        tokens: One text.
        most: How many for each, less than the vocabulary has.
    """
    with torch.inference_mode():
        odds = model(tokens)[0].softmax(-1)
    before = torch.cat([odds.mean(0, keepdim=True), odds[:-1]])
    before.scatter_(1, tokens[0][:, None], -1.0)  # the token itself is no other
    return before.topk(most).indices


def moved_by_change(
    model: LanguageModel,
    tokens: Tokens,
    instead: Int[Tensor, " T"],
    *,
    most_bytes: int = MOST_BYTES,
) -> Float[Tensor, " T"]:
    """How far changing each token alone moves the guess after the text: total variation, 0 to 1.

    Args:
        model: In eval mode.
        tokens: One text.
        instead: For each of its tokens the one that takes its place.
        most_bytes: What may be held at once; more of them go in turn.
    """
    length = tokens.shape[1]
    changed = tokens.repeat(length, 1)
    changed[range(length), range(length)] = instead
    with torch.inference_mode():
        some = _rows_in_memory(length, model.embed(tokens).shape[-1], most_bytes)
        groups = (tokens, *torch.split(changed, some))
        odds = torch.cat([_scores_at_end(model, rows) for rows in groups]).softmax(-1)
    distance: Tensor = (odds[1:] - odds[0]).abs().sum(-1) / 2
    return distance
