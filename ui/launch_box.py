"""What a run would be, said before it is started."""

import math

import streamlit as st

from minigpt.corpora import Corpus
from minigpt.runs.command import equivalent_command
from minigpt.runs.config import RunConfig
from ui.model_services import parameter_count
from ui.text_services import trained_tokenizer, training_tokens
from ui.wording import count, number


def describe(preset: str, config: RunConfig, corpus: Corpus) -> None:
    """Size, work, what loss to expect, and the command that does the same.

    Raises:
        MiniGPTError: the tokenizer cannot be had.
    """
    tokenizer = trained_tokenizer(
        config.tokenizer.kind, corpus.name, config.tokenizer.vocabulary_size
    )
    size = tokenizer.vocabulary_size
    window = config.training.batch_size * config.model.context_length
    left, right = st.columns(2)
    left.metric(
        "Parameters",
        number(parameter_count(config, size)),
        help="The numbers that training adjusts.",
    )
    right.metric(
        "Text seen",
        f"{number(window * config.training.steps / training_tokens(config, corpus.name))} ×",
        help="How often training reads as many tokens as the text has. Well above 10 on a "
        "small text, a model starts to memorise.",
    )
    st.caption(
        f"{count(config.training.steps)} steps of {count(window)} tokens each. "
        f"The loss starts near **{math.log(size):.4f}**, as bad as guessing evenly "
        f"among {count(size)} kinds of token, and falls from there."
    )
    st.caption("The same from a terminal:")
    st.code(equivalent_command(preset, config), language=None, wrap_lines=True)
