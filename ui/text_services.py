"""Tokenizers learnt from texts, shared by all viewers."""

import streamlit as st

from minigpt.runs.config import RunConfig
from minigpt.tokenizers import TOKENIZERS, Tokenizer
from ui.services import corpus

TOKENIZERS_IN_MEMORY = 12


@st.cache_resource(max_entries=TOKENIZERS_IN_MEMORY, show_spinner="Learning the tokens …")
def trained_tokenizer(kind: str, corpus_name: str, vocabulary_size: int | None = None) -> Tokenizer:
    """A tokenizer as a run on this text would have it.

    Raises:
        MiniGPTError: the text or a downloaded vocabulary cannot be had, or the size is impossible.
    """
    return TOKENIZERS[kind].train(corpus(corpus_name).text, vocabulary_size=vocabulary_size)


@st.cache_data(max_entries=64, show_spinner="Counting the tokens …")
def _token_count(kind: str, corpus_name: str, vocabulary_size: int | None) -> int:
    tokenizer = trained_tokenizer(kind, corpus_name, vocabulary_size)
    return len(tokenizer.encode(corpus(corpus_name).training_text))


def training_tokens(config: RunConfig, corpus_name: str) -> int:
    """How many tokens the training part of a text has under a run's tokenizer.

    Raises:
        MiniGPTError: the text or the tokenizer cannot be had.
    """
    chosen = config.tokenizer
    return _token_count(chosen.kind, corpus_name, chosen.vocabulary_size)
