"""What plain counting reaches on a text: the lines that a model has to get below."""

from typing import get_args

import streamlit as st

from minigpt.corpora import CORPORA, ValidationPart
from minigpt.corpora.statistics import long_run_entropies, useful_guessers
from minigpt.errors import MiniGPTError
from minigpt.sentences import N_
from ui.i18n import Later, translated
from ui.services.runs import corpus, corpus_statistics, texts
from ui.services.snapshot import RunSnapshot

RETRY_COUNTING_SECONDS = 10


def entropy_lines(snapshot: RunSnapshot) -> dict[str, float]:
    """What loss a simple guesser would have on this run's text, by its name.

    Only a character model's loss can be compared with counts of characters; and only of a text
    that is at hand, since nothing here may wait for a download.
    """
    settings = snapshot.settings
    if settings.tokenizer != "character" or settings.has_corpus_file:
        return {}
    counted = _counted(settings.corpus or "", settings.validation or "")
    return {translated(name): value for name, value in counted.items()}


@st.cache_data(ttl=RETRY_COUNTING_SECONDS, max_entries=64, show_spinner=False)
def _counted(name: str, validation: str) -> dict[str, float]:
    if name not in {source.name for source in texts() if source.is_ready()}:
        return {}
    try:
        return counting_lines(name, _part(validation))
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
    return useful_guessers({
        N_("even guess"): found.uniform,
        N_("character counts"): found.unigram,
        N_("character pairs"): found.bigram,
        N_("character triples"): found.trigram,
        N_("sequences of 4 characters"): longer[4],
        N_("sequences of 5 characters"): longer[5],
        N_("sequences of 6 characters"): longer[6],
    })  # fmt: skip
