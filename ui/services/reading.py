"""What models make of texts and what they read, shared by whoever asks about the same."""

import json
import threading
from dataclasses import dataclass

import streamlit as st

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.corpora.examples import Contrast, contrast
from minigpt.corpora.statistics import CountedStream
from minigpt.errors import RunError
from minigpt.reading.counting import CountingLine, counted_as_read, counted_text
from minigpt.reading.influence import Influence, influence, readings_of_passage
from minigpt.reading.log import ReadingLog, history
from minigpt.reading.overlap import HeldOut, Matches, Overlap, held_out_pieces
from minigpt.reading.overlap import overlap as look_for
from minigpt.reading.places import places_of
from minigpt.reading.surprise import Surprise
from minigpt.reading.surprise import surprise as read_text
from minigpt.reading.training_text import TrainingText, training_text
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.runs.trained_model import write_texts
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sentences import N_
from minigpt.tokenizers import Tokenizer
from ui.i18n import Later
from ui.services.models import trained_model
from ui.services.runs import store

LIBRARIES_IN_MEMORY, LOGS_IN_MEMORY, TEXTS_IN_MEMORY = 4, 16, 64
KEPT_SECONDS = 3600.0
_one_at_a_time = threading.Lock()
"""What thirty people have read at once is in memory at once."""
_one_sorts = threading.Lock()
"""A long text that repeats itself takes a minute and hundreds of megabytes to be sorted."""


@dataclass(frozen=True)
class Library:
    """A training text that can be searched, and what overlaps with it by chance."""

    key: str
    """Equal for equal texts in equal tokens."""
    training: TrainingText
    held_out: HeldOut


def library(run_id: str, step: int) -> Library:
    """The training text of a run; runs that read the same tokens share it.

    Raises:
        MiniGPTError: the text is gone or has changed.
    """
    run, tokenizer = store().open(run_id), trained_model(run_id, step).tokenizer
    return _library(_what_is_read(run, tokenizer), run, tokenizer)


def _what_is_read(run: RunDirectory, tokenizer: Tokenizer) -> str:
    """Equal for runs that read the same tokens."""
    corpus = run.config().corpus
    # A large file has its tokens in the run's own folder.
    of = (corpus.name, corpus.sha256, corpus.validation, run.id if corpus.path else "")
    return "|".join((*of, json.dumps(tokenizer.to_dict())))


@st.cache_resource(
    max_entries=LIBRARIES_IN_MEMORY, ttl=KEPT_SECONDS,
    show_spinner=Later(N_("Sorting the training text, to be searched …")),
)  # fmt: skip
def _library(key: str, _run: RunDirectory, _tokenizer: Tokenizer) -> Library:
    with _one_sorts:
        training = training_text(_run, _tokenizer)
        return Library(key, training, held_out_pieces(training))


def overlap(run_id: str, step: int, text: str) -> Overlap:
    """What a text has of the training text of a run.

    Raises:
        MiniGPTError: the text is empty or very long, or the training text is gone.
    """
    known = library(run_id, step)
    found = _matches(known.key, text, known)
    return Overlap(text, known.training, known.held_out, found)


# The numbers alone: with the training text they would keep as many of those in memory, as well.
@st.cache_data(max_entries=TEXTS_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=False)
def _matches(key: str, text: str, _library: Library) -> Matches:
    return look_for(text, _library.training, _library.held_out).matches


def contrast_of(run_id: str, step: int) -> Contrast | None:
    """Three texts beside which another one is judged; None where a run has too little text.

    Raises:
        MiniGPTError: the training text is gone.
    """
    training = library(run_id, step).training
    return contrast(training.text, training.held_out)


def reading_log(run_id: str, step: int) -> ReadingLog:
    """What a model had read when it was at a step.

    Raises:
        MiniGPTError: it read too much to draw it all again, or its text is gone.
    """
    total = library(run_id, step).training.total_tokens
    return _log(str(store().root), run_id, step, total)


@st.cache_resource(
    max_entries=LOGS_IN_MEMORY, ttl=KEPT_SECONDS,
    show_spinner=Later(N_("Drawing its batches again …")),
)  # fmt: skip
def _log(root: str, run_id: str, step: int, total: int) -> ReadingLog:
    return ReadingLog(history(store().open(run_id), store(), step=step), total_tokens=total)


def surprise(run_id: str, step: int, text: str) -> Surprise:
    """How much each token of a text surprises a model.

    Raises:
        MiniGPTError: the model can read none of it, or it is very long.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _surprise(str(store().root), run_id, chosen.step, chosen.sha256, text)


@st.cache_resource(max_entries=TEXTS_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=False)
def _surprise(root: str, run_id: str, step: int, sha256: str, text: str) -> Surprise:
    trained = trained_model(run_id, step)
    with _one_at_a_time:
        return read_text(trained, text)


def counting_lines_of(run_id: str, step: int, text: str) -> list[CountingLine]:
    """What plain counting reaches on a text, in bits per token of the model.

    Raises:
        MiniGPTError: the training text is gone.
    """
    return _counted(str(store().root), run_id, step, text)


# A function that another cached one calls would show nothing of its own.
@st.cache_data(
    max_entries=TEXTS_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=Later(N_("Counting …"))
)  # fmt: skip
def _counted(root: str, run_id: str, step: int, text: str) -> list[CountingLine]:
    run, tokenizer = store().open(run_id), trained_model(run_id, step).tokenizer
    training = _counted_text(_what_is_read(run, tokenizer), run, tokenizer)
    read = surprise(run_id, step, text)
    with _one_at_a_time:
        return counted_as_read(training, read)


@st.cache_resource(max_entries=LIBRARIES_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=False)
def _counted_text(key: str, _run: RunDirectory, _tokenizer: Tokenizer) -> CountedStream:
    with _one_at_a_time:
        return counted_text(_run, _tokenizer)


@dataclass(frozen=True)
class PassageRead:
    """How often a passage was read, at all its places."""

    places: int
    """In the training text."""
    steps: tuple[int, ...]
    """In whose batches all or a part of any place was."""
    windows: int
    """Of those batches, that had it."""
    all_steps: int
    all_windows: int


def read_passage(run_id: str, step: int, passage: str) -> PassageRead:
    """In how many places a passage stands, and when any of them was read.

    Raises:
        MiniGPTError: it is not in the training text, or that is gone.
    """
    return _read_passage(str(store().root), run_id, step, passage)


@st.cache_data(max_entries=TEXTS_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=False)
def _read_passage(root: str, run_id: str, step: int, passage: str) -> PassageRead:
    training, log = library(run_id, step).training, reading_log(run_id, step)
    found = readings_of_passage(training, log, passage)
    return PassageRead(
        places=len(places_of(passage, training.text)),
        steps=tuple(one.step for one in found),
        windows=sum(one.whole + one.part for one in found),
        all_steps=log.steps,
        all_windows=log.windows,
    )


def influence_of(
    run_id: str, without: str, other_seed: str, step: int, passage: str
) -> tuple[int, Influence]:
    """What having read a passage did to a model at a step that all three kept; and that step.

    Raises:
        MiniGPTError: they have no step in common but the untrained one.
    """
    kept = [
        {kept.step for kept in list_checkpoints(store().open(one).weights)}
        for one in (run_id, without, other_seed)
    ]
    shared = sorted(set.intersection(*kept) - {0})
    if not shared:
        raise RunError("These runs kept no step in common; train the twins to their end.")
    nearest = min(shared, key=lambda one: abs(one - step))
    return nearest, _influence(str(store().root), run_id, without, other_seed, nearest, passage)


@st.cache_data(max_entries=TEXTS_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=False)
def _influence(
    root: str, run_id: str, without: str, other_seed: str, step: int, passage: str
) -> Influence:
    own, unread, other = (trained_model(one, step) for one in (run_id, without, other_seed))
    return influence(own, unread, other, library(run_id, step).training, passage)


LUCK, LUCK_TEMPERATURE, LUCK_TOKENS, BEFORE = 1337, 0.8, 160, 60


def beginning_before(run_id: str, step: int, passage: str) -> str:
    """What stands before a passage in the training text of a run, at the first place with enough.

    Raises:
        MiniGPTError: that text is gone.
    """
    text = library(run_id, step).training.text
    places = places_of(passage, text)
    at = next((one for one in places if one >= BEFORE), places[-1])
    return text[max(0, at - BEFORE) : at]


@st.cache_data(max_entries=TEXTS_IN_MEMORY, ttl=KEPT_SECONDS, show_spinner=False)
def same_luck(run_id: str, step: int, beginning: str) -> str:
    """How a model goes on from a beginning.

    Raises:
        MiniGPTError: the model is missing, or the beginning is empty and it knows no line break.
    """
    sampling = SamplingConfig(temperature=LUCK_TEMPERATURE)
    trained = trained_model(run_id, step)
    with _one_at_a_time:
        (written,) = write_texts(trained, beginning, sampling, tokens=LUCK_TOKENS, seeds=[LUCK])
    return written.text
