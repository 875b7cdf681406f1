"""nanoGPT's `ckpt.pt`: a GPT of Karpathy's training script, as a model here.

The file is a pickle inside a zip. PyTorch reads it without running any of it (`weights_only`), and
only after the size of what is in it is known; what comes out is looked at like any file of others.
"""

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from minigpt.errors import CheckpointError, ConfigurationError, MiniGPTError, TokenizerError
from minigpt.interop.gpt2 import HEAD, LARGEST_VOCABULARY, TOKEN_TABLE, gpt2_weights
from minigpt.interop.huggingface import ImportedModel
from minigpt.interop.tokenizer_export import library_form
from minigpt.interop.tokenizer_import import FORM, read_tokenizer
from minigpt.interop.weights import bare_name, is_mask, require_finite_weight, require_names
from minigpt.json_values import LARGEST
from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT
from minigpt.sentences import N_, Sentence, abbreviate
from minigpt.tokenizers import Tokenizer, tokenizer_from_dict
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.gpt2 import Gpt2Tokenizer
from minigpt.tokenizers.imported import ImportedTokenizer

LARGEST_CHECKPOINT = 16_000_000_000
"""Bytes; GPT-2's largest size takes 19 billion with its optimizer, without it 6."""
LARGEST_PICKLE = 16_000_000
"""Bytes of all that is no array."""
LARGEST_DROPOUT = 0.9
LARGEST_SIZE = LARGEST_VOCABULARY
"""Of anything that is counted there; the settings of a model here have limits of their own."""
MODEL, SETTINGS = "model", "model_args"
SIZES = {
    "context_length": "block_size",
    "width": "n_embd",
    "num_layers": "n_layer",
    "num_heads": "n_head",
}
CHARACTERS = "meta.pkl"
"""Beside the text, nanoGPT writes which character has which id."""
LARGEST_CHARACTERS = 4_000_000
GPT2_SIZES = (50_257, 50_304)
"""GPT-2's vocabulary, and the same made divisible by 64: the last 47 ids stand for nothing."""
FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
UNREADABLE = N_(
    "{name} is no checkpoint that can be read safely: {reason}. In nanoGPT, save a dictionary with "
    "'model' (the state_dict) and 'model_args', and nothing but numbers and texts beside."
)


def import_nanogpt(path: Path, *, text: str | None = None) -> ImportedModel:
    """Read a checkpoint with the tokenizer that belongs to it.

    Its tokens are not in the file. They are taken from a tokenizer.json or nanoGPT's meta.pkl in
    the same folder, else from the text that it was trained on, character by character; a model
    with GPT-2's vocabulary gets GPT-2's tokenizer.

    Args:
        path: The checkpoint.
        text: What it was trained on, where its tokens are characters.

    Raises:
        CheckpointError: it cannot be read, or its weights are not those that it describes.
        ConfigurationError: it describes what no model here can be.
        TokenizerError: its tokens cannot be had.
    """
    values = _read(path)
    weights, settings = _object(values, MODEL, path), _object(values, SETTINGS, path)
    tensors = _bare(weights, path)
    vocabulary_size = _size(settings, "vocab_size", tensors)
    config, notes = _config(settings, tensors)
    with torch.device("meta"):
        model = GPT(config, vocabulary_size=vocabulary_size)
    ours = _our_tensors(model, tensors)
    tokenizer = _tokenizer(path, vocabulary_size, text)
    model.load_state_dict(ours, assign=True)
    return ImportedModel(model.eval(), tokenizer, (*notes, *_history(values)))


def _read(path: Path) -> Mapping[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            _require_small(path, archive.infolist())
        # Mapped, so that an optimizer that nobody asks for takes no memory.
        values = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except zipfile.BadZipFile as error:
        reason = N_("it is no file of today's PyTorch, or was cut short")
        raise _unreadable(path, Sentence(reason)) from error
    except MiniGPTError:
        raise
    except pickle.UnpicklingError as error:
        reason = N_("it holds objects of a program, which could run code")
        raise _unreadable(path, Sentence(reason)) from error
    # Whatever a damaged pickle makes the reader stumble over.
    except Exception as error:
        raise _unreadable(path, (str(error) or repr(error)).splitlines()[0]) from error
    if not isinstance(values, Mapping):
        raise _unreadable(path, Sentence("it holds no dictionary"))
    return values


def _require_small(path: Path, files: list[zipfile.ZipInfo]) -> None:
    if any(file.compress_type != zipfile.ZIP_STORED for file in files):
        raise _unreadable(path, Sentence("it is compressed, which PyTorch's files never are"))
    if sum(file.file_size for file in files) > LARGEST_CHECKPOINT:
        largest = Sentence("it has more than {size:,} bytes", size=LARGEST_CHECKPOINT)
        raise _unreadable(path, largest)
    pickles = sum(file.file_size for file in files if file.filename.endswith(".pkl"))
    if pickles > LARGEST_PICKLE:
        raise _unreadable(path, Sentence("beside its arrays it holds too much"))


def _object(values: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    found = values.get(name)
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise _unreadable(path, Sentence("it has no {name!r}", name=name))
    return found


def _bare(weights: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    tensors: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if not isinstance(tensor, Tensor) or not _is_plain(tensor):
            raise _unreadable(path, Sentence("{name} is no array", name=name[:100]))
        # A small file may claim an array of any size, one number standing for all.
        if tensor.numel() * tensor.element_size() > tensor.untyped_storage().nbytes():
            claim = Sentence("{name} claims more numbers than there are", name=name[:100])
            raise _unreadable(path, claim)
        if not is_mask(bare := bare_name(name)):
            tensors[bare] = tensor
    _require_own_numbers(tensors, path)
    return tensors


def _require_own_numbers(tensors: Mapping[str, Tensor], path: Path) -> None:
    """A small file may also claim the same numbers for many arrays, each of which gets a copy."""
    places = (tensor.untyped_storage() for tensor in tensors.values())
    there = {place.data_ptr(): place.nbytes() for place in places}
    # A tied head is the table of tokens once more, and gets no copy.
    claimed = sum(one.numel() * one.element_size() for name, one in tensors.items() if name != HEAD)
    if claimed > sum(there.values()):
        raise _unreadable(path, Sentence("its arrays claim more numbers than there are"))


def _is_plain(tensor: Tensor) -> bool:
    """Whether its numbers are there, one by one: neither left out, nor rounded to a scale."""
    return tensor.layout is torch.strided and not tensor.is_meta and not tensor.is_quantized


def _config(
    settings: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> tuple[GPTConfig, list[str]]:
    sizes: dict[str, Any] = {
        ours: _size(settings, theirs, tensors) for ours, theirs in SIZES.items()
    }
    dropout, notes = _dropout(settings)
    if not isinstance(bias := settings.get("bias", True), bool):
        raise _wrong("bias", bias, Sentence("true or false"))
    try:
        config = GPTConfig(
            **sizes,
            dropout=dropout,
            activation="gelu_exact",
            tied_embeddings=_is_tied(tensors),
            bias=bias,
        )
    except ConfigurationError as error:
        ours = (error.field or "").removeprefix("model.")
        raise ConfigurationError(
            "{setting} in its model_args is out of range here: {reason}",
            setting=SIZES.get(ours, ours),
            reason=error.message,
        ) from error
    return config, notes


def _dropout(settings: Mapping[str, Any]) -> tuple[float, list[str]]:
    """The share, and what people should know of it."""
    given = settings.get("dropout", 0.0)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise _wrong("dropout", given, Sentence("a number between 0 and 1"))
    dropout = min(float(given), LARGEST_DROPOUT)
    notes: list[str] = []
    if dropout != given:
        notes.append(
            Sentence(
                "Its dropout is {given}; here it is {dropout}, the most there can be. That matters "
                "only if you train on.",
                given=given,
                dropout=dropout,
            )
        )
    return dropout, notes


def _is_tied(tensors: Mapping[str, Tensor]) -> bool:
    head, table = tensors.get(HEAD), tensors.get(TOKEN_TABLE)
    if head is None or table is None or head.shape != table.shape:
        return head is None
    return head.data_ptr() == table.data_ptr() or torch.equal(head, table)


def _our_tensors(model: GPT, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    known = [weight for weight in gpt2_weights(model.config) if weight.ours in shapes]
    required = {weight.theirs: shapes[weight.ours] for weight in known}
    spare = {HEAD: required[TOKEN_TABLE]} if model.config.tied_embeddings else {}
    require_names(set(tensors), required, spare, settings=SETTINGS)
    # Unlike GPT-2's own files, nanoGPT's hold the maps as PyTorch does.
    return {
        weight.ours: _checked(weight.theirs, tensors[weight.theirs], required[weight.theirs])
        for weight in known
    }


def _checked(name: str, tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    # Before anything is copied.
    if tuple(tensor.shape) != shape:
        raise CheckpointError(
            "The weight {name} has the shape {found}; by its model_args it must be {shape}.",
            name=name,
            found=list(tensor.shape),
            shape=list(shape),
        )
    if tensor.dtype not in FLOATS:
        raise CheckpointError(
            "The weight {name} holds numbers of the kind {kind}; a model's are floating point "
            "numbers of 16, 32 or 64 bits.",
            name=name,
            kind=str(tensor.dtype).removeprefix("torch."),
        )
    weight = tensor.detach().to(torch.float32, copy=True).contiguous()
    require_finite_weight(name, weight)
    return weight


def _size(settings: Mapping[str, Any], name: str, tensors: Mapping[str, Tensor]) -> int:
    size = settings.get(name)
    table = tensors.get(TOKEN_TABLE)
    if name == "vocab_size" and size is None and table is not None and table.ndim == 2:
        size = int(table.shape[0])
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= LARGEST_SIZE:
        raise _wrong(name, size, Sentence("a whole number above zero"))
    return size


def _tokenizer(path: Path, vocabulary_size: int, text: str | None) -> Tokenizer:
    if text is not None:
        return _require_fit(CharacterTokenizer.train(text), vocabulary_size)
    if (path.parent / FORM).is_file():
        return read_tokenizer(path.parent, vocabulary_size=vocabulary_size)
    if (path.parent / CHARACTERS).is_file():
        return _require_fit(_characters(path.parent / CHARACTERS), vocabulary_size)
    if vocabulary_size in GPT2_SIZES:
        return ImportedTokenizer(
            library_form(Gpt2Tokenizer.load()), vocabulary_size=vocabulary_size
        )
    raise TokenizerError(
        "The checkpoint does not say what its {vocabulary_size:,} tokens are. Put nanoGPT's "
        "meta.pkl or a tokenizer.json beside it; or, where they are characters, name the text that "
        "it was trained on with --text.",
        vocabulary_size=vocabulary_size,
    )


def _require_fit(tokenizer: Tokenizer, vocabulary_size: int) -> Tokenizer:
    if tokenizer.vocabulary_size != vocabulary_size:
        raise TokenizerError(
            "There are {found:,} characters, but the model has {vocabulary_size:,} tokens. Use the "
            "very text that it was trained on.",
            found=tokenizer.vocabulary_size,
            vocabulary_size=vocabulary_size,
        )
    return tokenizer


class _PlainUnpickler(pickle._Unpickler):
    """Reads numbers, texts, lists and dictionaries; written in Python, whose memory is its own."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(Sentence("it holds a {what}", what=f"{module}.{name}"))


def _characters(path: Path) -> Tokenizer:
    try:
        if path.stat().st_size > LARGEST_CHARACTERS:
            raise pickle.UnpicklingError(Sentence("it is too large"))
        with path.open("rb") as file:
            found = _PlainUnpickler(file).load()
        characters = [found["itos"][index] for index in range(len(found["itos"]))]
        return tokenizer_from_dict({"kind": CharacterTokenizer.kind, "characters": characters})
    # A damaged pickle raises whatever it stumbles over.
    except Exception as error:
        raise TokenizerError(
            "{name} is not what nanoGPT writes for a text of characters: {error}. Make it again "
            "with prepare.py, or name the text with --text.",
            name=path.name,
            error=str(error)[:200] or type(error).__name__,
        ) from error


def _history(values: Mapping[str, Any]) -> list[str]:
    """How far its training was, as the file says."""
    step, loss = values.get("iter_num"), values.get("best_val_loss")
    if isinstance(loss, Tensor) and loss.numel() == 1:
        loss = float(loss)
    if not isinstance(step, int) or not isinstance(loss, float):
        return []
    if not 0 <= step < LARGEST or not abs(loss) < LARGEST:  # nobody trains so long; nan is neither
        return []
    return [
        Sentence(
            "By its own account it was saved at step {step:,}, with a best validation loss of "
            "{loss:.4f}.",
            step=step,
            loss=loss,
        )
    ]


def _wrong(name: str, value: object, wanted: str) -> ConfigurationError:
    return ConfigurationError(
        "{name} in its model_args is {value!r}; it must be {wanted}. Use the checkpoint as nanoGPT "
        "wrote it.",
        name=name,
        value=abbreviate(value),
        wanted=wanted,
    )


def _unreadable(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(UNREADABLE, name=path.name, reason=reason)
