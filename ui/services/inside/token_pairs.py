"""What makes a token follow another: part by part, and beside the pairs of the text."""

import threading
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.receipt import Part, receipt
from minigpt.introspection.attribution.removal import logits_without
from minigpt.introspection.circuits.direct_path import (
    Likeness,
    Pairs,
    counted_pairs,
    direct_path,
    likeness,
    likeness_along,
)
from minigpt.introspection.circuits.single_tokens import SingleTokens
from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import TrainedModel
from minigpt.shapes import TokenStream
from ui.services.inside.prediction import ModelOnText
from ui.services.inside.sampled import is_here, sample_or_reason
from ui.services.inside.tables import TABLES, Numbers, OfModel, as_numbers, tokens_alone
from ui.services.models import trained_model

_one_at_a_time = threading.Lock()
"""Of a large vocabulary, what all tokens are followed by takes some 100 MB while it is computed."""


@dataclass(frozen=True, kw_only=True)
class NextTokenExplanation:
    """Why one token follows another that is the whole text, as plain numbers."""

    parts: tuple[Part, ...]
    shares: tuple[float, ...]
    """What each part adds to the logit, less what it adds to all logits on average."""
    odds: float
    """How likely the model finds it."""
    without: tuple[float, ...]
    """How likely it would be without each part but the last, measured."""
    counted: tuple[int, int] | None
    """How often it follows in the beginning of the training text, and how often anything does;
    None where that text is not here."""


def explain_next_token(
    model_on_text: ModelOnText, token: int, next_token: int
) -> NextTokenExplanation:
    """What makes a token follow another.

    Raises:
        MiniGPTError: the model is post-norm.
    """
    return _explain_next_token(
        model_on_text.key[:4], token, next_token, is_here(model_on_text.run_id)
    )


@st.cache_data(max_entries=TABLES, show_spinner=False)
def _explain_next_token(
    of: OfModel, token: int, next_token: int, is_here: bool
) -> NextTokenExplanation:
    model = trained_model(of[1], of[2]).model
    text = torch.tensor([[token]])
    seen = trace(model, text)
    found = receipt(model, text, seen, position=0, token=next_token)
    with torch.inference_mode():
        average = torch.cat([found.read.pushes(found.vectors[:-1]), found.read.offset[None]])
        shares = found.shares - average.mean(-1).double()
        odds = float(seen.logits[0, 0].softmax(-1)[next_token])
    lacking = logits_without(model, text, seen, position=0).softmax(-1)[:, next_token]
    sample = sample_or_reason(of[1])
    return NextTokenExplanation(
        parts=found.parts,
        shares=tuple(shares.tolist()),
        odds=odds,
        without=tuple(lacking.tolist()),
        counted=None if isinstance(sample, MiniGPTError) else _counted(sample, token, next_token),
    )


def _counted(stream: TokenStream, token: int, next_token: int) -> tuple[int, int]:
    follows = stream[1:][stream[:-1] == token]
    return int((follows == next_token).sum()), len(follows)


@dataclass(frozen=True, kw_only=True)
class DirectPathAndPairs:
    """The direct path beside the pairs of the text, a row and a column for each shown token."""

    direct: Numbers | None
    no_direct: str | None
    """Why there is none."""
    pairs: Numbers | None
    """Logarithms of shares, less the mean of their row."""
    no_pairs: str | None
    alike: Likeness | None
    """The direct path and the pairs."""
    along: tuple[Likeness, ...]
    """What is said of a token alone, and the pairs: at first, and after each step."""
    sampled: int
    """In how many tokens of the text pairs were counted."""


def direct_and_pairs(model_on_text: ModelOnText, tokens: tuple[int, ...]) -> DirectPathAndPairs:
    """What a model says of each token alone, beside what follows it in the text."""
    return _direct(model_on_text.key[:4], tokens, is_here(model_on_text.run_id))


@st.cache_data(max_entries=TABLES, show_spinner=False)
def _direct(of: OfModel, tokens: tuple[int, ...], is_here: bool) -> DirectPathAndPairs:
    with _one_at_a_time:
        return _compared(of, tokens)


def _compared(of: OfModel, tokens: tuple[int, ...]) -> DirectPathAndPairs:
    trained, sample = trained_model(of[1], of[2]), sample_or_reason(of[1])
    model, each = trained.model, tokens_alone(trained.model, tokens, 0)
    no_direct = path = None
    try:
        path = direct_path(model, each)
    except MiniGPTError as error:
        no_direct = error.args[0]
    if isinstance(sample, MiniGPTError):
        direct = None if path is None else as_numbers(path[:, list(tokens)])
        return DirectPathAndPairs(
            direct=direct, no_direct=no_direct, pairs=None, no_pairs=sample.args[0],
            alike=None, along=(), sampled=0,
        )  # fmt: skip
    return _beside(trained, each, path, no_direct, sample)


def _beside(
    trained: TrainedModel,
    each: SingleTokens,
    path: Tensor | None,
    no_direct: str | None,
    sample: TokenStream,
) -> DirectPathAndPairs:
    pairs = counted_pairs(sample, each.tokens, trained.tokenizer.vocabulary_size)
    columns = each.tokens.tolist()
    return DirectPathAndPairs(
        direct=None if path is None else as_numbers(path[:, columns]),
        no_direct=no_direct,
        pairs=as_numbers(_centred(pairs)[:, columns]),
        no_pairs=None,
        alike=None if path is None else likeness(path, pairs),
        along=tuple(likeness_along(trained.model, each, pairs)),
        sampled=len(sample),
    )


def _centred(pairs: Pairs) -> Tensor:
    return pairs.log_odds - pairs.log_odds.mean(-1, keepdim=True)
