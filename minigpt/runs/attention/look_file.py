"""Every head's attention on one text as a file: for NumPy, as JSON, or as a page to look at."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError, RunError
from minigpt.files import explained, write_atomically
from minigpt.introspection.trace import trace
from minigpt.runs.attention.page_words import ENGLISH_LOOK, PageWords
from minigpt.runs.trained_model import TrainedModel

PAGE = "look_page.html"
PAGE_DATA = "ATTENTION_DATA"
LARGEST_TABLES = 1_000_000_000
"""Bytes of attention that a file for NumPy is made of."""
LARGEST_TEXT = 32_000_000
"""Bytes of attention that are written as text, which takes about thirty times as many meanwhile."""
PAGE_DECIMALS = 4
"""Digits that the page can show; a file for programs has them all."""


@dataclass(frozen=True)
class Attention:
    """What every head of one model looked at in one text."""

    run: str
    step: int
    text: str
    ids: list[int]
    tokens: list[str]
    """What each id stands for."""
    weights: Float[Tensor, "L H T T"]
    """Rows look, columns are looked at; rows sum to one."""
    words: PageWords = ENGLISH_LOOK
    """What a page of it says."""


def write_attention(
    path: Path,
    trained: TrainedModel,
    text: str,
    *,
    run: str,
    words: PageWords = ENGLISH_LOOK,
    most_bytes: int | None = None,
) -> None:
    """Look at a text with a trained model and write what its heads do; the ending says how.

    A page says its `words`. The weights have `most_bytes`; what suits the format if left out.

    Raises:
        ConfigurationError: the ending is unknown, or the text is empty or too long, or the
            model has no attention.
        TokenizerError: the text has something that the model never saw.
        RunError: the file cannot be written.
    """
    write = format_named(path)
    usual = LARGEST_TABLES if path.suffix.lower() == ".npz" else LARGEST_TEXT
    most = usual if most_bytes is None else most_bytes
    attention = replace(attend(trained, text, run=run, most_bytes=most), words=words)
    with explained(
        "{path} cannot be written: {reason}. Choose a folder that exists and that you may "
        "write to.",
        kind=RunError,
        path=path,
    ):
        write_atomically(path, lambda file: write(file, attention))


def attend(
    trained: TrainedModel, text: str, *, run: str = "", most_bytes: int | None = None
) -> Attention:
    """Run the model on a text and keep its attention; `run` is only noted.

    Raises:
        ConfigurationError: the text is empty, longer than the context or than fits into
            `most_bytes`, or the model has no attention.
        TokenizerError: the text has something that the model never saw.
    """
    text = trained.tokenizer.known_form(text)
    ids = trained.tokenizer.encode(text)
    if not ids:
        raise ConfigurationError("The text is empty; give the model at least one character.")
    seen = trace(trained.model, torch.tensor([ids]), keep={"weights"}, most_bytes=most_bytes)
    if not seen.layers:
        raise ConfigurationError(
            "This model has no attention to look at. Choose a run of a model that has, such as gpt."
        )
    vocabulary = trained.tokenizer.vocabulary
    return Attention(
        run=run,
        step=trained.checkpoint.step,
        text=text,
        ids=ids,
        tokens=[vocabulary[index] for index in ids],
        weights=seen.attention[0],
    )


def format_named(path: Path) -> Callable[[BinaryIO, Attention], object]:
    """How to write a file with this ending.

    Raises:
        ConfigurationError: there is no such format.
    """
    if (ending := path.suffix.lower()) not in FORMATS:
        raise ConfigurationError(
            "{name!r} does not say which format to write. Let it end in one of {formats}.",
            name=path.name,
            formats=", ".join(FORMATS),
        )
    return FORMATS[ending]


def _write_npz(file: BinaryIO, attention: Attention) -> None:
    np.savez_compressed(
        file,
        weights=attention.weights.numpy(),
        ids=np.array(attention.ids),
        tokens=np.array(attention.tokens),
        step=np.array(attention.step),
    )


def _write_json(file: BinaryIO, attention: Attention) -> None:
    values = _values(attention, attention.weights.tolist())
    file.write(json.dumps(values, ensure_ascii=False).encode("utf-8"))


def _write_html(file: BinaryIO, attention: Attention) -> None:
    weights = attention.weights.double().mul(10**PAGE_DECIMALS).round().long().tolist()
    values = {
        **attention.words.values(), **_values(attention, weights), "scale": 10**PAGE_DECIMALS,
    }  # fmt: skip
    page = files("minigpt.runs.attention").joinpath(PAGE).read_text(encoding="utf-8")
    file.write(page.replace(PAGE_DATA, as_script_data(values)).encode("utf-8"))


def as_script_data(values: Any) -> str:
    """JSON that may stand inside a script element, whatever texts are in it."""
    # Without these three characters no text can end the element or begin another.
    escapes = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
    return json.dumps(values, separators=(",", ":")).translate(escapes)


def _values(attention: Attention, weights: list[Any]) -> dict[str, Any]:
    return {
        "run": attention.run,
        "step": attention.step,
        "text": attention.text,
        "ids": attention.ids,
        "tokens": attention.tokens,
        "weights": weights,
    }


FORMATS: dict[str, Callable[[BinaryIO, Attention], object]] = {
    ".npz": _write_npz,
    ".json": _write_json,
    ".html": _write_html,
}
