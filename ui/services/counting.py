"""What plain counting reaches on a text: the lines that a model has to get below."""

from typing import get_args

import streamlit as st

from minigpt.corpora import ValidationPart
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
    # A record may say anything.
    parts: tuple[ValidationPart, ...] = get_args(ValidationPart)
    part = next((one for one in parts if one == validation), parts[0])
    if name not in {source.name for source in texts() if source.is_ready()}:
        return {}
    try:
        return counting_lines(name, part)
    except MiniGPTError:
        return {}


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
        N_("letter counts"): found.unigram,
        N_("letter pairs"): found.bigram,
        N_("letter triples"): found.trigram,
        N_("runs of 4 letters"): longer[4],
        N_("runs of 5 letters"): longer[5],
        N_("runs of 6 letters"): longer[6],
    })  # fmt: skip
