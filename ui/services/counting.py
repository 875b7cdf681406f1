"""What plain counting reaches on a text: the lines that a model has to get below."""

import math
from pathlib import Path
from typing import get_args

import streamlit as st

from minigpt.corpora import CORPORA, ValidationPart
from minigpt.corpora.statistics import CountedStream, long_run_entropies, useful_guessers
from minigpt.errors import MiniGPTError
from minigpt.runs.directory import RunDirectory
from minigpt.sentences import N_
from ui.i18n import Later, translated
from ui.services.runs import corpus, corpus_statistics, store, texts
from ui.services.snapshot import RunSnapshot

RETRY_COUNTING_SECONDS = 10
GUESSERS = (
    N_("even guess"),
    N_("character counts"),
    N_("character pairs"),
    N_("character triples"),
    N_("sequences of 4 characters"),
    N_("sequences of 5 characters"),
    N_("sequences of 6 characters"),
)
"""By how many characters they count at once."""


def entropy_lines(snapshot: RunSnapshot) -> dict[str, float]:
    """What loss a simple guesser would have on this run's text, by its name.

    Only a character model's loss can be compared with counts of characters; and only of a text
    that is at hand, since nothing here may wait for a download.
    """
    settings = snapshot.settings
    if settings.tokenizer != "character" or settings.has_corpus_file:
        return {}
    # Who begins with another run's model reads by the characters that it knows.
    reader = "" if settings.start == "fresh" else str(store().at(snapshot.summary.id).path)
    counted = _counted(settings.corpus or "", settings.validation or "", reader)
    return {translated(name): value for name, value in counted.items()}


@st.cache_data(ttl=RETRY_COUNTING_SECONDS, max_entries=64, show_spinner=False)
def _counted(name: str, validation: str, reader: str) -> dict[str, float]:
    if name not in {source.name for source in texts() if source.is_ready()}:
        return {}
    try:
        return lines_as_read(reader) if reader else counting_lines(name, _part(validation))
    except MiniGPTError:
        return {}


KNOWING_THE_RULE = N_("knowing its rule")


def rule_line(snapshot: RunSnapshot) -> dict[str, float]:
    """What nobody gets below on this run's text who knows only the rule of it, if it has one."""
    settings = snapshot.settings
    if settings.tokenizer != "character" or settings.has_corpus_file:
        return {}
    value = rule_loss(settings.corpus or "", settings.validation or "")
    return {} if value is None else {translated(KNOWING_THE_RULE): value}


@st.cache_data(max_entries=64, show_spinner=False)
def rule_loss(name: str, validation: str = "last") -> float | None:
    """The least loss of a built-in exercise, in nats a character; None of any other text."""
    source = CORPORA.get(name)
    if source is None or source.least_loss is None:
        return None
    return source.least_loss(corpus(name, _part(validation)).validation_text)


def _part(validation: str) -> ValidationPart:
    # A record may say anything.
    parts: tuple[ValidationPart, ...] = get_args(ValidationPart)
    return next((one for one in parts if one == validation), parts[0])


@st.cache_data(max_entries=8, show_spinner=Later(N_("Counting …")))
def counting_lines(name: str, validation: ValidationPart = "last") -> dict[str, float]:
    """What plain counting reaches on a text, by what is counted; only what is worth counting.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    found = corpus_statistics(name, validation).entropies
    longer = long_run_entropies(corpus(name, validation))
    short = (found.uniform, found.unigram, found.bigram, found.trigram)
    return useful_guessers(dict(zip(GUESSERS, (*short, *longer.values()), strict=True)))


@st.cache_data(max_entries=8, show_spinner=Later(N_("Counting …")))
def lines_as_read(path: str) -> dict[str, float]:
    """The same on the text of a run in this folder, counted in what its model reads of it.

    A fine-tuned model has the characters of another text: those that it lacks are left out, and it
    may know some that its text has not.

    Raises:
        MiniGPTError: the text is gone or has changed.
    """
    from minigpt.reading.run_text import run_streams  # loads torch, which few runs need here

    run = RunDirectory(Path(path))
    tokenizer = run.tokenizer()
    training, validation = (part.numpy() for part in run_streams(run, tokenizer))
    size = tokenizer.vocabulary_size
    losses = CountedStream.of(training, size).losses(validation)
    all_losses = (math.log(size), *losses.values())
    return useful_guessers(dict(zip(GUESSERS, all_losses, strict=True)))
