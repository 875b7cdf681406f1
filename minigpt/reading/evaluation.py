"""The loss of a model on a text, measured as training measures it.

In windows that do not overlap, each token judged by those before it in its window. Of its own text
a run gets the same number as in its own records.
"""

import math
from dataclasses import dataclass

import torch

from minigpt.errors import CorpusError
from minigpt.models.language_model import LanguageModel
from minigpt.reading.run_text import characters_per_token, run_streams
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import Sentence
from minigpt.shapes import TokenStream
from minigpt.training.batches import Batch, evaluation_batches
from minigpt.training.cost import EVALUATION_TOKENS_PER_BATCH, MOST_EVALUATION_TOKENS
from minigpt.training.loss import mean_loss


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How well a model foretells a text."""

    loss: float
    """Nats per token."""
    tokens: int
    """That were judged; a rest too short for a window is not, nor is most of a very long text."""
    tokens_of_text: int
    characters_per_token: float

    @property
    def perplexity(self) -> float:
        """Among how many equally likely tokens a choice would be as unsure."""
        return math.exp(min(self.loss, 700.0))

    @property
    def bits_per_character(self) -> float:
        """The one number that models with different tokens can be compared by."""
        return self.loss / math.log(2) / self.characters_per_token

    @property
    def in_words(self) -> str:
        """All of it in one line."""
        return Sentence(
            "loss {loss:.4f} nats per token, {bits:.4f} bits per character, perplexity "
            "{perplexity:,.2f}, on {tokens:,} of {all:,} tokens",
            loss=self.loss,
            bits=self.bits_per_character,
            perplexity=self.perplexity,
            tokens=self.tokens,
            all=self.tokens_of_text,
        )


def judged_windows(tokens: TokenStream, *, context_length: int, largest: int) -> list[Batch]:
    """The windows by which a stream is judged, at training as well as later.

    Raises:
        CorpusError: the stream is not longer than one window.
    """
    return evaluation_batches(
        tokens,
        context_length=context_length,
        tokens_per_batch=EVALUATION_TOKENS_PER_BATCH,
        largest=largest,
    )


def evaluate_run(run: RunDirectory, trained: TrainedModel) -> Evaluation:
    """The loss on the part of a run's text that is kept to judge by.

    Raises:
        CorpusError: the text is gone or has changed.
    """
    _, validation = run_streams(run, trained.tokenizer)
    return _evaluation(trained, validation)


def evaluate_text(trained: TrainedModel, text: str) -> Evaluation:
    """The loss on any text, without what the model's tokenizer does not know of it.

    Raises:
        CorpusError: too little of it is known to judge anything.
    """
    ids = trained.tokenizer.encode_known(trained.tokenizer.known_form(text))
    if len(ids) < 2:
        raise CorpusError(
            "This text has {tokens} tokens that the model knows, and a token is judged by those "
            "before it. Use a longer text, or another model.",
            field="text",
            tokens=len(ids),
        )
    return _evaluation(trained, torch.tensor(ids))


def _evaluation(trained: TrainedModel, stream: TokenStream) -> Evaluation:
    windows = _windows(trained.model, stream)
    return Evaluation(
        loss=mean_loss(trained.model, windows),
        tokens=sum(batch.targets.numel() for batch in windows),
        tokens_of_text=len(stream),
        characters_per_token=characters_per_token(trained.tokenizer, stream),
    )


def _windows(model: LanguageModel, stream: TokenStream) -> list[Batch]:
    length = model.context_length
    if len(stream) > length:
        return judged_windows(stream, context_length=length, largest=MOST_EVALUATION_TOKENS)
    whole = stream.long()[None]
    return [Batch(whole[:, :-1], whole[:, 1:])]
