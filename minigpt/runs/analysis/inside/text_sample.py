"""The beginning of what a run learns from, as its model reads it, to look things up in."""

import torch

from minigpt.runs.directory import RunDirectory
from minigpt.shapes import TokenStream
from minigpt.tokenizers import Tokenizer

MOST_CHARACTERS = 400_000


def training_sample(run: RunDirectory, tokenizer: Tokenizer) -> TokenStream:
    """The tokens of the training text, up to so many characters of it.

    Raises:
        MiniGPTError: the text is not here, or has changed.
    """
    config = run.config().corpus
    corpus = config.load()
    config.require_same(corpus.sha256, title=corpus.title)
    text = tokenizer.known_form(corpus.training_text[:MOST_CHARACTERS])
    return torch.tensor(tokenizer.encode(text))
