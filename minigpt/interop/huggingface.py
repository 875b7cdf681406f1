"""GPT-2 in Hugging Face's form: a folder that `transformers` loads, and the way back.

Export writes config.json, model.safetensors and, where it can be expressed exactly, the
tokenizer. Import reads such folders, whoever wrote them, and never opens a pickled file.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import torch
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from minigpt.errors import CheckpointError, ConfigurationError, TokenizerError
from minigpt.files import explained, write_atomically, write_json
from minigpt.interop.gpt2 import (
    HEAD,
    TOKEN_TABLE,
    config_from_gpt2,
    config_to_gpt2,
    dropout_note,
    gpt2_weights,
    with_prefix,
)
from minigpt.interop.json_file import read_object
from minigpt.interop.tokenizer_export import library_form
from minigpt.interop.tokenizer_import import FORM, SETTINGS, read_tokenizer
from minigpt.interop.weights import WEIGHTS, read_weights
from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT
from minigpt.models.language_model import LanguageModel
from minigpt.tokenizers import Tokenizer

CONFIG = "config.json"
LARGEST_CONFIG_BYTES = 1_000_000


@dataclass(frozen=True)
class ImportedModel:
    """A model in eval mode, with the tokenizer it was trained with."""

    model: GPT
    tokenizer: Tokenizer
    notes: tuple[str, ...] = ()
    """What is not quite as it was there."""


def export_model(model: LanguageModel, tokenizer: Tokenizer, folder: Path) -> str | None:
    """Write a folder that `GPT2LMHeadModel` and `AutoTokenizer` load; all files of it or none.

    Args:
        model: A GPT with GPT-2's options; its activation may be relu, its head untied.
        tokenizer: Its tokenizer. Every kind can be expressed. One that holds halves of
            characters, or whose own vocabulary cannot be had, is left out.
        folder: A new one, or an empty one.

    Returns:
        Why the tokenizer was left out; None if it is there.

    Raises:
        ConfigurationError: the model is no GPT-2, every option that differs is named; or the
            folder holds something or cannot be written.
    """
    if not isinstance(model, GPT):
        raise ConfigurationError(
            "Only a GPT has GPT-2's form; this model is a {kind}. Train one of the kind gpt to "
            "export it.",
            kind=type(model).__name__,
        )
    values = config_to_gpt2(model.config, vocabulary_size=model.vocabulary_size)
    with new_folder(folder) as draft:
        write_json(draft / CONFIG, values)
        encoded = tensors_to_bytes(_gpt2_tensors(model), metadata={"format": "pt"})
        write_atomically(draft / WEIGHTS, lambda file: file.write(encoded))
        return _write_tokenizer(tokenizer, draft, model.context_length)


def import_model(folder: Path) -> ImportedModel:
    """Read a folder of the GPT-2 family.

    Raises:
        ConfigurationError: config.json describes what a `GPT` cannot be; the field is named.
        CheckpointError: a file is missing or damaged, does not fit config.json, or can run code.
        TokenizerError: the tokenizer is missing or damaged, or does not fit the model.
    """
    values = read_object(folder / CONFIG, CheckpointError, largest_bytes=LARGEST_CONFIG_BYTES)
    config, vocabulary_size = config_from_gpt2(values)
    # Without memory for a single weight: config.json alone may not claim any.
    with torch.device("meta"):
        model = GPT(config, vocabulary_size=vocabulary_size)
    weights = _our_tensors(folder, model)
    tokenizer = read_tokenizer(folder, vocabulary_size=vocabulary_size)
    model.load_state_dict(weights, assign=True)
    note = dropout_note(values)
    return ImportedModel(model.eval(), tokenizer, (note,) if note else ())


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A folder to write in; its files move to `folder` once all are written.

    Raises:
        ConfigurationError: there is something at `folder` already, or it cannot be written.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(
            "{folder} already holds something. Choose a new folder, or empty this one first.",
            folder=folder,
        )
    draft = folder / f".{token_hex(4)}"
    with explained(
        "The model cannot be written to {folder}: {reason}. Choose another folder, or free "
        "some space.",
        kind=ConfigurationError,
        folder=folder,
    ):
        draft.mkdir(parents=True)
        try:
            yield draft
            for file in list(draft.iterdir()):
                file.rename(folder / file.name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def _gpt2_tensors(model: GPT) -> dict[str, Tensor]:
    ours = model.state_dict()
    tensors = {}
    for weight in gpt2_weights(model.config):
        tensor = ours[weight.ours].to("cpu", torch.float32)
        turned = tensor.t() if weight.is_transposed else tensor
        tensors[with_prefix(weight.theirs)] = turned.contiguous()
    return tensors


def _our_tensors(folder: Path, model: GPT) -> dict[str, Tensor]:
    shapes = {name: list(tensor.shape) for name, tensor in model.state_dict().items()}
    known = gpt2_weights(model.config)
    required = {
        weight.theirs: shapes[weight.ours][:: -1 if weight.is_transposed else 1] for weight in known
    }
    found = read_weights(folder, required, _spare_head(model.config, required))
    _require_tied(model.config, found)
    tensors: dict[str, Tensor] = {}
    for weight in known:
        # Taken out, so that of those that are turned both forms are never there for all at once.
        tensor = found.pop(weight.theirs)
        tensors[weight.ours] = tensor.t().contiguous() if weight.is_transposed else tensor
    return tensors


def _spare_head(config: GPTConfig, shapes: Mapping[str, list[int]]) -> dict[str, list[int]]:
    return {HEAD: shapes[TOKEN_TABLE]} if config.tied_embeddings else {}


def _require_tied(config: GPTConfig, weights: Mapping[str, Tensor]) -> None:
    if not config.tied_embeddings or HEAD not in weights:
        return
    if not torch.equal(weights[HEAD], weights[TOKEN_TABLE]):
        raise CheckpointError(
            "config.json says tie_word_embeddings, but the weights {head} and {token_table} "
            "differ. Set tie_word_embeddings to false if the model was trained like that.",
            head=HEAD,
            token_table=TOKEN_TABLE,
        )


def _write_tokenizer(tokenizer: Tokenizer, folder: Path, context_length: int) -> str | None:
    try:
        form = library_form(tokenizer)
    except TokenizerError as error:
        return error.message
    settings: dict[str, Any] = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "clean_up_tokenization_spaces": False,
        "model_max_length": context_length,
        # Without this, token types would be added to the model's input.
        "model_input_names": ["input_ids", "attention_mask"],
    }
    write_json(folder / SETTINGS, settings)
    write_atomically(folder / FORM, lambda file: file.write(form.encode("utf-8")))
    return None
