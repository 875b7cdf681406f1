"""What visitors bring; tokenizers learnt from texts, and what is known of texts, shared by all."""

import threading
from pathlib import Path

import streamlit as st

from minigpt.corpora import Corpus, add_text, fetch_text
from minigpt.corpora.examples import Example, example_of
from minigpt.errors import CorpusError, MiniGPTError
from minigpt.jobs.estimate.token_counts import TokenCounts, count_tokens
from minigpt.runs.config import CorpusConfig, RunConfig, StartConfig, TokenizerConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.transfer.archive import read_archive
from minigpt.runs.transfer.archive_format import BinaryFile
from minigpt.runs.transfer.quotas import require_quota
from minigpt.runs.warm_start import unknown_characters_note
from minigpt.sentences import N_
from minigpt.tokenizers import TOKENIZERS, Tokenizer
from ui.i18n import Later
from ui.services.runs import FIRST_CORPUS, corpus, store, texts

TOKENIZERS_IN_MEMORY = 12
FETCHES_AT_ONCE = 4

_bringing = threading.Lock()
"""One at a time: what is looked at and kept is in memory, and two together could pass a quota."""
_fetching = threading.BoundedSemaphore(FETCHES_AT_ONCE)


def keep_text(title: str, text: str, *, owner: str) -> Corpus:
    """Keep a text that a visitor brought.

    Raises:
        MiniGPTError: it cannot be used, or is more than this visitor may bring.
    """
    with _bringing:
        require_quota(store(), owner, len(text.encode("utf-8", errors="replace")))
        return add_text(title, text, owner=owner)


def keep_text_at(title: str, address: str, *, owner: str) -> Corpus:
    """Keep a text that is at a web address.

    Raises:
        MiniGPTError: it cannot be had or used, is more than this visitor may bring, or many fetch
            texts at this moment.
    """
    if not _fetching.acquire(blocking=False):
        raise CorpusError(
            "Others are fetching texts just now. Try again in a minute.", field="corpus"
        )
    try:
        text = fetch_text(address)
    finally:
        _fetching.release()
    return keep_text(title, text, owner=owner)


def bring_run(file: BinaryFile, *, name: str | None, owner: str) -> RunDirectory:
    """Make a run of an archive that a visitor brought.

    Raises:
        MiniGPTError: it is none, could do harm, or is more than this visitor may bring.
    """
    with _bringing:
        return read_archive(store(), file, name=name, owner=owner)


@st.cache_resource(
    max_entries=TOKENIZERS_IN_MEMORY, show_spinner=Later(N_("Learning the tokens …"))
)
def trained_tokenizer(kind: str, corpus_name: str, vocabulary_size: int | None = None) -> Tokenizer:
    """A tokenizer as a run on this text would have it.

    Raises:
        MiniGPTError: the text or a downloaded vocabulary cannot be had, or the size is impossible.
    """
    return TOKENIZERS[kind].train(corpus(corpus_name).text, vocabulary_size=vocabulary_size)


def token_counts_of(config: RunConfig) -> TokenCounts:
    """A run's text as its model will see it, for estimates.

    Raises:
        MiniGPTError: the text or the tokenizer cannot be had.
    """
    path = Path(config.corpus.path)
    written_ns = path.stat().st_mtime_ns if config.corpus.path and path.exists() else 0
    return _facts(config.corpus, config.tokenizer, config.start, written_ns)


@st.cache_data(max_entries=64, show_spinner=Later(N_("Counting the tokens …")))
def _facts(
    text: CorpusConfig, tokenizer: TokenizerConfig, start: StartConfig, written_ns: int
) -> TokenCounts:
    return count_tokens(RunConfig(corpus=text, tokenizer=tokenizer, start=start))


def unknown_note(run: RunDirectory, corpus_name: str) -> str | None:
    """What happens to what a run's tokenizer does not know of a text; None if it knows all.

    Raises:
        MiniGPTError: the text or the tokenizer cannot be had.
    """
    return _note(str(run.path), corpus_name)


# A run's tokenizer never changes, and a text that is edited gets another name.
@st.cache_data(max_entries=64, show_spinner=Later(N_("Reading the text with the model's tokens …")))
def _note(path: str, corpus_name: str) -> str | None:
    return unknown_characters_note(RunDirectory(Path(path)).tokenizer(), corpus(corpus_name).text)


EXAMPLES_IN_MEMORY = 64
SHAKESPEARE = Example("To be, or not to be, that is the question.", "ROMEO:")
"""Known to all, and in the manner of the text that it is kept for."""


ENGLISH = Example(
    "once upon a time there was a king and the king had a daughter and the daughter had a dog and "
    "one day the dog ran away and the king said that who finds the dog of the daughter shall have "
    "half of the kingdom",
    "once upon a time",
)
"""For models from elsewhere, whose text nobody knows; most of them read English. Long enough to
judge heads by, since these are judged on what is in the box."""


def example_line(run_id: str) -> Example | None:
    """A line to try a run's model with, from the part of its text that it never saw.

    Where its text is not at hand, from what it wrote last; None where it cannot read even that.

    Raises:
        MiniGPTError: there is no such run, or it has no tokenizer yet.
    """
    run = store().open(run_id)
    return _example(str(run.path), len(run.samples()))


@st.cache_data(max_entries=EXAMPLES_IN_MEMORY, show_spinner=False)
def _example(path: str, samples: int) -> Example | None:
    run = RunDirectory(Path(path))
    tokenizer = run.tokenizer()

    def can_read(line: str) -> bool:
        return not tokenizer.unknown_characters(line)

    settings = run.settings()
    if settings.corpus == FIRST_CORPUS and can_read(SHAKESPEARE.line + SHAKESPEARE.prompt):
        return SHAKESPEARE
    written = [_unseen_text(run), *(sample.text for sample in reversed(run.samples()))]
    found = next(filter(None, (example_of(text, can_read) for text in written if text)), None)
    return found or (ENGLISH if can_read(ENGLISH.line) else None)


def _unseen_text(run: RunDirectory) -> str | None:
    """What a run is judged by; None where that would have to be fetched, or is another text now."""
    try:
        chosen = run.config().corpus
        if chosen.path or chosen.name not in {one.name for one in texts() if one.is_ready()}:
            return None
        found = corpus(chosen.name, chosen.validation)
        chosen.require_same(found.sha256, title=found.title)
    except MiniGPTError:
        return None
    return found.validation_text
