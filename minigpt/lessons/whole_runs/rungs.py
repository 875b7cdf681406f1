"""The rungs of the ladder before any training: sizes, first loss, and who notices an order."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

import torch

from minigpt.errors import ConfigurationError
from minigpt.lessons.excerpts import CHARACTERS, SEED, ids_of, require_few_characters
from minigpt.lessons.snippet import Snippet
from minigpt.models.build import build_model
from minigpt.models.configs import ModelConfig
from minigpt.models.language_model import LanguageModel
from minigpt.training.batches import evaluation_batches
from minigpt.training.loss import mean_loss

Models = Mapping[str, ModelConfig]
"""The shape of every rung, by its key in the ladder, weakest first."""
JUDGED_TOKENS, TOKENS_AT_ONCE = 8192, 4096
_drawing = Lock()
"""Models draw their weights from the random numbers of the whole process."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How many numbers each rung learns."""

    rungs: tuple[str, ...]
    vocabulary: int
    parameters: tuple[int, ...]
    ratio: float
    """The last rung's over the first one's."""


SIZES = Snippet(
    """
from minigpt.corpora import load_corpus
from minigpt.models.build import build_model
from minigpt.runs.presets.small_ladder import small_ladder

vocabulary = len(set(load_corpus($corpus).text))
parameters = tuple(
    sum(numbers.numel() for numbers in
        build_model(config.model, vocabulary_size=vocabulary).parameters())
    for config in small_ladder($corpus).values())
ratio = parameters[-1] / parameters[0]
""",
    ("vocabulary", "parameters", "ratio"),
)


def rung_sizes(models: Models, text: str) -> Sizes:
    """Count the parameters of every rung for the characters of a text."""
    vocabulary = len(set(text))
    counts = tuple(model.parameter_count(vocabulary) for model in models.values())
    return Sizes(
        rungs=tuple(models), vocabulary=vocabulary, parameters=counts, ratio=counts[-1] / counts[0]
    )


@dataclass(frozen=True, kw_only=True)
class FirstLosses:
    """What each rung's guesses cost before it has learnt anything, in nats per token."""

    rungs: tuple[str, ...]
    vocabulary: int
    losses: tuple[float, ...]
    even: float
    """The loss of guessing evenly: the logarithm of the vocabulary's size."""
    better: int
    """How many of the rungs are below that."""


FIRST_LOSSES = Snippet(
    """
import math
import torch
from minigpt.corpora import load_corpus
from minigpt.models.build import build_model
from minigpt.runs.presets.small_ladder import small_ladder
from torch.nn.functional import cross_entropy

corpus = load_corpus($corpus)
number = {character: id for id, character in enumerate(sorted(set(corpus.text)))}
ids = torch.tensor([number[character] for character in corpus.validation_text])

def loss(model):
    torch.manual_seed($seed)
    model = build_model(model, vocabulary_size=len(number))
    length = model.context_length
    windows = (len(ids) - 1) // length
    kept = min(windows, 8192 // length)  # evenly spread over the text
    starts = torch.linspace(0, windows - 1, kept, dtype=torch.float64).round().long() * length
    text = ids[starts[:, None] + torch.arange(length + 1)]
    with torch.no_grad():
        return cross_entropy(model(text[:, :-1]).flatten(0, 1), text[:, 1:].flatten()).item()

losses = tuple(loss(config.model) for config in small_ladder($corpus).values())
even = math.log(len(number))
better = sum(one < even for one in losses)
""",
    ("losses", "even", "better"),
)


def first_losses(models: Models, text: str, validation: str, seed: int = SEED) -> FirstLosses:
    """Judge every rung by a text with the weights that it begins with.

    Raises:
        CorpusError: the text is shorter than a context, or has thousands of characters.
    """
    number = {character: place for place, character in enumerate(sorted(set(text)))}
    require_few_characters(len(number))
    ids = torch.tensor([number[character] for character in validation])

    def judged(model: LanguageModel) -> float:
        windows = evaluation_batches(
            ids, context_length=model.context_length, tokens_per_batch=TOKENS_AT_ONCE,
            largest=JUDGED_TOKENS,
        )  # fmt: skip
        return mean_loss(model, windows)

    losses = tuple(judged(model) for model in _drawn(models, len(number), seed))
    even = math.log(len(number))
    return FirstLosses(
        rungs=tuple(models), vocabulary=len(number), losses=losses, even=even,
        better=sum(one < even for one in losses),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class OrderNoticed:
    """Whose guess becomes another one when two letters of the past change places."""

    rungs: tuple[str, ...]
    text: str
    swapped: str
    changes: tuple[float, ...]
    """For each rung the share of probability that goes to other characters, from 0 to 1."""
    notice: int
    """How many rungs notice it."""


ORDER_NOTICED = Snippet(
    """
import string
import torch
from minigpt.models.build import build_model
from minigpt.runs.presets.small_ladder import small_ladder

text = $text
swapped = text[1] + text[0] + text[2:]
characters = sorted("\\n !$$&',-.3:;?" + string.ascii_letters)

def odds(model, text):
    ids = torch.tensor([[characters.index(character) for character in text]])
    with torch.no_grad():
        return model(ids)[0, -1].softmax(-1)

def change(model):
    torch.manual_seed($seed)
    model = build_model(model, vocabulary_size=len(characters))
    return (odds(model, text) - odds(model, swapped)).abs().sum().item() / 2

changes = tuple(change(config.model) for config in small_ladder().values())
notice = sum(one > 1e-6 for one in changes)  # less is rounding
""",
    ("text", "swapped", "changes", "notice"),
)
ROUNDING = 1e-6
FEWEST, MOST = 3, 8


def known_letters(typed: str) -> str:
    """What of a typed line every rung can read: its first characters that Shakespeare has.

    Raises:
        ConfigurationError: it is too short, or begins with two equal ones.
    """
    known = "".join(one for one in typed if one in CHARACTERS)[:MOST]
    if len(known) < FEWEST or known[0] == known[1]:
        raise ConfigurationError(
            "“{typed}” cannot be used here: it takes at least {fewest} letters from a to z, of "
            "which the first two differ.",
            typed=typed,
            fewest=FEWEST,
        )
    return known


def order_noticed(models: Models, typed: str, seed: int = SEED) -> OrderNoticed:
    """Let the first two letters change places, and compare what is expected after the last.

    Raises:
        ConfigurationError: too little was typed, or its first two letters are the same.
    """
    text = known_letters(typed)
    swapped = text[1] + text[0] + text[2:]
    ids = torch.tensor([ids_of(text), ids_of(swapped)])
    changes = []
    for model in _drawn(models, len(CHARACTERS), seed):
        with torch.inference_mode():
            one, other = model(ids)[:, -1].softmax(-1)
        changes.append((one - other).abs().sum().item() / 2)
    return OrderNoticed(
        rungs=tuple(models), text=text, swapped=swapped, changes=tuple(changes),
        notice=sum(one > ROUNDING for one in changes),
    )  # fmt: skip


def _drawn(models: Models, vocabulary: int, seed: int) -> Iterator[LanguageModel]:
    for config in models.values():
        with drawing_by_seed(seed):
            model = build_model(config, vocabulary_size=vocabulary)
        yield model.eval()


@contextmanager
def drawing_by_seed(seed: int) -> Iterator[None]:
    """In this block the process draws what follows a seed, and afterwards what it would have."""
    with _drawing, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
