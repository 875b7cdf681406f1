"""Two texts and one swap: every number of the experiment, and a second text for a first one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.pairs.swaps import (
    HeadPlace,
    Place,
    TextPair,
    alternatives,
    head_swap_map,
    moved_by_change,
    swap_map,
    swapped_logits,
    text_pair,
)
from minigpt.runs.trained_model import TrainedModel
from minigpt.sampling.decoder import Decoder
from minigpt.sampling.generate import use_threads, useful_threads
from minigpt.tokenizers import Tokenizer

GUESSES = 8
"""Of the model, what might stand in a token's place."""
NOTICEABLE = 0.3
"""Of the probability of what comes next: how much has to go elsewhere."""
COLUMN = 5
"""Of the table, how wide."""


@dataclass(frozen=True)
class Swaps:
    """All swaps between two texts."""

    trained: TrainedModel
    texts: tuple[str, str]
    """The one that gives its states, and the one that they are pasted into."""
    pair: TextPair

    @cached_property
    def moved(self) -> Float[Tensor, "states T"]:
        """How far each moves the guess: 0 as after the second text, 1 as after the first."""
        return swap_map(self.pair)

    @cached_property
    def moved_by_head(self) -> Float[Tensor, "L H T"]:
        """The same where only what one head brings is swapped."""
        return head_swap_map(self.pair)

    @property
    def tokens(self) -> tuple[list[str], list[str]]:
        """Both texts, token by token."""
        first, second = self.pair.tokens.tolist()
        return self._named(first), self._named(second)

    @property
    def answers(self) -> list[str]:
        """The next tokens that speak for the first text and for the second."""
        return self._named(self.pair.answers)

    def _named(self, ids: Sequence[int]) -> list[str]:
        return [self.trained.tokenizer.vocabulary[index] for index in ids]


def swaps(
    trained: TrainedModel,
    text: str,
    other: str,
    *,
    answers: tuple[str, str] | None = None,
    longest: int | None = None,
) -> Swaps:
    """Read two texts, so that every state of `text` can be pasted into `other`, one at a time.

    Args:
        trained: The model that reads them.
        text: The one that gives its states.
        other: The one that they are pasted into, of as many tokens.
        answers: What may come next, a token each, to tell the texts apart by; what either makes
            more probable than the other by the most, unless given.
        longest: How many tokens a text may have, where that is less than the model reads.

    Raises:
        TokenizerError: a text has something that the model never saw.
        ConfigurationError: the texts differ in length, are the same, do not fit, or lead to the
            same guess; or an answer is not one token.
    """
    tokenizer = trained.tokenizer
    texts = tokenizer.known_form(text), tokenizer.known_form(other)
    first, second = (tokenizer.encode(one) for one in texts)
    if len(first) != len(second):
        raise ConfigurationError(
            "The first text has {first:,} tokens and the second {second:,}. A state can only be "
            "swapped for one at the same place: make them equally long.",
            first=len(first),
            second=len(second),
        )
    trained.model.require_context(len(first))
    if longest is not None and len(first) > longest:
        raise ConfigurationError(
            "Swapping every state of {tokens:,} tokens takes this model too long. Shorten both "
            "texts to {longest:,}.",
            tokens=len(first),
            longest=longest,
        )
    wanted = answers and (_one_token(tokenizer, answers[0]), _one_token(tokenizer, answers[1]))
    pair = text_pair(trained.model, torch.tensor([first, second]), answers=wanted)
    return Swaps(trained, texts, pair)


def _one_token(tokenizer: Tokenizer, text: str) -> int:
    ids = tokenizer.encode(text)
    if len(ids) != 1:
        raise ConfigurationError(
            "The answer {text!r} is {count} tokens; choose one that is a single token.",
            text=text,
            count=len(ids),
        )
    return ids[0]


def answer_odds(made: Swaps, place: Place | HeadPlace) -> Float[Tensor, "3 2"]:
    """How probable both answers are: after the first text, the second, and the second swapped."""
    logits = torch.cat([made.pair.seen.logits[:, -1], swapped_logits(made.pair, place)[None]])
    return logits.softmax(-1)[:, list(made.pair.answers)]


def written_after(made: Swaps, place: Place | HeadPlace, *, tokens: int) -> tuple[str, str, str]:
    """What follows the first text, the second, and the second with something of the first.

    Always the likeliest token; at most as many as fit into the context, beyond which a text is
    read anew and the swap would be gone.
    """
    pair, (first, second) = made.pair, made.pair.tokens.tolist()
    decoder = Decoder(pair.model)
    change = partial(pair.swap, place)
    drawn: list[list[int]] = []
    with use_threads(useful_threads(pair.model)):
        scores = torch.stack(
            [decoder.add(first), decoder.add(second), decoder.add(second, change=change)]
        )
        for left in reversed(range(min(tokens, pair.model.context_length - len(first)))):
            drawn.append(scores.argmax(-1).tolist())
            if left:
                scores = decoder.advance(drawn[-1])
    columns = [[one[row] for one in drawn] for row in range(3)]
    after = made.trained.continuation
    return after(first, columns[0]), after(second, columns[1]), after(second, columns[2])


def other_texts(trained: TrainedModel, text: str, position: int) -> list[str]:
    """The same text with one token changed, to what the model finds likely there.

    Letters are changed to letters, marks to marks, where the model has such guesses at all.
    """
    tokenizer = trained.tokenizer
    ids = tokenizer.encode(text)
    guesses = _guesses(trained, ids)[position]
    found = [_respelled(tokenizer, ids, position, guess) for guess in guesses]
    return [one for one in found if one is not None]


def other_text(trained: TrainedModel, text: str) -> str:
    """A second text for a first one: one token changed that makes a difference to what comes next.

    The first that does to a noticeable degree, so that what it tells has some way to go; where
    none does, the one that does most.

    Raises:
        ConfigurationError: no token of it can be changed alone.
    """
    tokenizer, ids = trained.tokenizer, trained.tokenizer.encode(text)
    trained.model.require_context(len(ids))
    spelled: dict[int, tuple[int, str]] = {}
    for position, guesses in enumerate(_guesses(trained, ids)):
        for guess in guesses:
            if (other := _respelled(tokenizer, ids, position, guess)) is not None:
                spelled[position] = guess, other
                break
    if not spelled:
        raise ConfigurationError(
            "No token of this text can be changed by itself. Write the second text yourself."
        )
    instead = torch.tensor([spelled.get(place, (token,))[0] for place, token in enumerate(ids)])
    moved = moved_by_change(trained.model, torch.tensor([ids]), instead).tolist()
    felt = (place for place in spelled if moved[place] >= NOTICEABLE)
    return spelled[next(felt, max(spelled, key=lambda place: moved[place]))][1]


def _guesses(trained: TrainedModel, ids: list[int]) -> list[list[int]]:
    """For each token likely others, those of its own kind first."""
    vocabulary = trained.tokenizer.vocabulary
    most = min(GUESSES * 2, len(vocabulary) - 1)
    found = alternatives(trained.model, torch.tensor([ids]), most=most).tolist()

    def unlike(one: int, other: int) -> bool:
        return _kind(vocabulary[one]) != _kind(vocabulary[other])

    return [
        sorted(guesses, key=partial(unlike, token))[:GUESSES]
        for token, guesses in zip(ids, found, strict=True)
    ]


def _kind(token: str) -> str:
    bare = token.strip()
    return "letters" if bare.isalpha() else "marks" if bare else "space"


def _respelled(tokenizer: Tokenizer, ids: list[int], position: int, guess: int) -> str | None:
    """The text with another token there; None where it would be cut otherwise."""
    changed = [*ids[:position], guess, *ids[position + 1 :]]
    text = tokenizer.decode(changed)
    readable = not tokenizer.unknown_characters(text)
    return text if readable and tokenizer.encode(text) == changed else None


def as_json(made: Swaps, *, run: str, by_head: bool = False) -> dict[str, Any]:
    """Every number, for other programs; a row for each state, or for each head of each layer."""
    if by_head:
        moved: dict[str, Any] = {"moved_by_head": [_rounded(layer) for layer in made.moved_by_head]}
    else:
        moved = {"moved": _rounded(made.moved)}
    first, second = made.pair.differences
    tokens, others = made.tokens
    return {
        "run": run,
        "step": made.trained.checkpoint.step,
        "text": made.texts[0],
        "other": made.texts[1],
        "text_tokens": tokens,
        "other_tokens": others,
        "answers": made.answers,
        "logit_difference": {"text": round(first, 6), "other": round(second, 6)},
        **moved,
    }


def _rounded(table: Float[Tensor, "rows T"]) -> list[list[float]]:
    return [[round(share, 6) for share in row] for row in table.tolist()]


def as_table(made: Swaps, *, by_head: bool = False) -> str:
    """The map for a terminal: a row a state or a head, a column a position, in hundredths."""
    tokens, others = made.tokens
    changed = [
        _in_one_word(one) if one == other else f"{_in_one_word(one)}>{_in_one_word(other)}"
        for one, other in zip(tokens, others, strict=True)
    ]
    first = "head" if by_head else "state"
    lines = ["".join([f"{first:<12}", *(f"{name[:COLUMN]:>{COLUMN + 1}}" for name in changed)])]
    for name, row in _head_rows(made) if by_head else _state_rows(made):
        cells = (f"{round(100 * share):>{COLUMN + 1}}" for share in row)
        lines.append("".join([f"{name:<12}", *cells]))
    return "\n".join(lines)


def _state_rows(made: Swaps) -> Iterator[tuple[str, list[float]]]:
    for state, row in enumerate(made.moved.tolist()):
        yield f"layer {state}" if state else "embeddings", row


def _head_rows(made: Swaps) -> Iterator[tuple[str, list[float]]]:
    for layer, heads in enumerate(made.moved_by_head.tolist(), start=1):
        for head, row in enumerate(heads, start=1):
            yield f"{layer}.{head}", row


def _in_one_word(token: str) -> str:
    """A token in one visible word."""
    return repr(token)[1:-1].replace(" ", "_")
