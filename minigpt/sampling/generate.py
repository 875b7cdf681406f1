"""Texts, one token at a time, and how many threads of the processor that is worth."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool
from torch import Tensor

from minigpt.models.language_model import LanguageModel
from minigpt.sampling.decoder import Decoder
from minigpt.sampling.distribution import SamplingConfig, choose_token, next_token_distribution

NUMBERS = 64
"""Random numbers of a text that are drawn at once; they are the same as one by one."""


@dataclass(frozen=True)
class SampledToken:
    """A drawn token, the odds it had, and the number between 0 and 1 that decided."""

    id: int
    probability: float
    """After temperature and filters: that of the draw."""
    model_probability: float
    """Before them: how probable the model itself held it."""
    uniform: float


@dataclass(eq=False)
class Continuation:
    """One text that grows: where it began, how its tokens are drawn, and those drawn so far."""

    prompt: tuple[int, ...]
    config: SamplingConfig
    seed: int
    drawn: list[SampledToken] = field(default_factory=list)
    picks: Mapping[int, int] = field(default_factory=dict)
    """Tokens that somebody chose, whatever the odds: by their places after the prompt, from 0."""

    def __post_init__(self) -> None:
        # The nth number of a seed is the luck of the nth token, whatever else is chosen.
        self._luck = torch.Generator().manual_seed(self.seed)
        self._numbers: list[float] = []
        for _token in self.drawn:
            self.next_number()

    def next_number(self) -> float:
        """The number that decides the next token; each is used once."""
        if not self._numbers:  # many at once, since a call takes as long for one
            drawn = torch.rand(NUMBERS, generator=self._luck, dtype=torch.float64)
            self._numbers = drawn.tolist()[::-1]
        return self._numbers.pop()

    def present(self, vocabulary_size: int) -> Bool[Tensor, " V"]:
        """Which tokens the text has."""
        marks = torch.zeros(vocabulary_size, dtype=torch.bool)
        marks[[*self.prompt, *(token.id for token in self.drawn)]] = True
        return marks


class Continuations:
    """Texts that one model continues together, a token each at a time; any may join or leave.

    What a text becomes depends on its own prompt, settings and seed, never on the others.
    """

    def __init__(self, model: LanguageModel) -> None:
        """The model should be in eval mode."""
        self._decoder, self._vocabulary_size = Decoder(model), model.vocabulary_size
        self._threads = useful_threads(model)
        self._texts: list[Continuation] = []
        self._logits = torch.zeros(0, model.vocabulary_size)
        self._behind = False  # tokens were drawn that the model has not read

    def __len__(self) -> int:
        """How many texts grow."""
        return len(self._texts)

    def join(self, text: Continuation) -> None:
        """Let one more text grow; equal prompts, settings and seeds give equal tokens.

        Raises:
            ConfigurationError: the prompt is empty.
        """
        tokens = [*text.prompt, *(token.id for token in text.drawn)]
        with use_threads(self._threads):
            self._catch_up()
            scores = self._decoder.add(tokens).cpu()
        self._logits = torch.cat((self._logits, scores[None]))
        self._texts.append(text)

    def leave(self, text: Continuation) -> None:
        """Let a text grow no longer."""
        index = self._texts.index(text)
        self._decoder.drop(index)
        # As in the decoder, the last takes the place of the one that left.
        order = [*range(index), len(self) - 1, *range(index + 1, len(self) - 1)][: len(self) - 1]
        self._texts = [self._texts[place] for place in order]
        self._logits = self._logits[order]

    def step(self) -> None:
        """Draw one token for each text."""
        if not self._texts:
            return
        with use_threads(self._threads), torch.inference_mode():
            self._catch_up()
            for config in {text.config for text in self._texts}:
                self._draw([i for i, text in enumerate(self._texts) if text.config == config])
        self._behind = True

    def _catch_up(self) -> None:
        if self._behind and self._texts:
            newest = [text.drawn[-1].id for text in self._texts]
            # Drawn on the processor, so that a seed means the same whatever computes the odds.
            self._logits = self._decoder.advance(newest).cpu()
        self._behind = False

    def _draw(self, indices: list[int]) -> None:
        texts = [self._texts[index] for index in indices]
        config = texts[0].config
        # Mostly all texts have the same settings, and nothing need be picked out.
        logits = self._logits if len(texts) == len(self._texts) else self._logits[indices]
        odds = next_token_distribution(logits, config, self._present(texts, config))
        numbers = [text.next_number() for text in texts]
        chosen = choose_token(odds, torch.tensor(numbers, dtype=torch.float64)).tolist()
        for row, text in enumerate(texts):
            chosen[row] = text.picks.get(len(text.drawn), chosen[row])
        places = range(len(texts)), chosen
        shares = odds.numpy()[places].tolist()
        plain = logits.softmax(-1).numpy()[places].tolist()
        for text, *drawn in zip(texts, chosen, shares, plain, numbers, strict=True):
            text.drawn.append(SampledToken(*drawn))

    def _present(
        self, texts: list[Continuation], config: SamplingConfig
    ) -> Bool[Tensor, "texts V"] | None:
        if config.repetition_penalty <= 1:
            return None
        return torch.stack([text.present(self._vocabulary_size) for text in texts])


def generate(
    model: LanguageModel, prompt: Sequence[int], config: SamplingConfig, *, seed: int
) -> Iterator[SampledToken]:
    """Draw tokens without end; equal seeds give equal tokens. The model should be in eval mode.

    Each token is judged by at most `context_length` tokens before it, and by at least half of
    that once there are so many (`sampling.decoder`).

    Raises:
        ConfigurationError: the prompt is empty.
    """
    texts, text = Continuations(model), Continuation(tuple(prompt), config, seed)
    texts.join(text)
    while True:
        texts.step()
        yield text.drawn[-1]


SMALL_MODEL = 10_000_000
"""Parameters below which threads wait for each other longer than they help with one token."""


def useful_threads(model: LanguageModel) -> int:
    """One for a small model: 200 tokens took 0.2 s so, and 3.4 s with two on busy cores."""
    return 1 if model.num_parameters < SMALL_MODEL else torch.get_num_threads()


@contextmanager
def use_threads(count: int) -> Iterator[None]:
    """Compute with so many threads, and then with as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
