"""Reading the weights of a folder that others wrote: checked before they are loaded.

Only safetensors are read. Other formats can run code when they are opened.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from minigpt.errors import CheckpointError
from minigpt.interop.gpt2 import PREFIX
from minigpt.interop.json_file import read_object
from minigpt.sentences import Sentence

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
LARGEST_INDEX_BYTES = 16_000_000
NUMBERS = frozenset({"F16", "BF16", "F32", "F64"})
# Old files hold the causal mask of every block; it is the same in all of them.
_MASKS = re.compile(r"h\.\d+\.attn\.(masked_)?bias")
# Files are read by the names in an index, so none may lead out of the folder on any system.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,200}\.safetensors")
NAMES_SHOWN = 3
WRAPPERS = ("_orig_mod.", "module.")
"""What torch.compile and DistributedDataParallel put before every name, in any order."""

Shapes = Mapping[str, Sequence[int]]


def bare_name(name: str) -> str:
    """A weight's name without what compiling, distributed training and a whole model put first.

    >>> bare_name("_orig_mod.module.transformer.h.0.ln_1.weight")
    'h.0.ln_1.weight'
    """
    while wrapper := next((one for one in WRAPPERS if name.startswith(one)), ""):
        name = name.removeprefix(wrapper)
    return name.removeprefix(PREFIX)


def is_mask(name: str) -> bool:
    """Whether a bare name is a block's causal mask, which is the same in all models."""
    return _MASKS.fullmatch(name) is not None


def read_weights(folder: Path, required: Shapes, optional: Shapes) -> dict[str, Tensor]:
    """The tensors of a folder by their names without prefix, as 32-bit numbers.

    Args:
        folder: Holds model.safetensors, or its index and the files that it lists.
        required: The shape of each tensor that must be there.
        optional: The same for those that may be; any other tensor is refused.

    Raises:
        CheckpointError: a file or tensor is missing, damaged, unknown or of another shape, or
            the weights are in a format that can run code.
    """
    places = _places(folder)
    require_names(set(places), required, optional)
    shapes = {**optional, **required}
    weights: dict[str, Tensor] = {}
    for name, (file, written) in places.items():
        # Opened for each anew: what was read of an open file counts as this process's memory.
        with _opened(file) as stored:
            weights[name] = _read(stored, written, shapes[name])
    return weights


def _places(folder: Path) -> dict[str, tuple[Path, str]]:
    """For each tensor, by its bare name: the file that holds it and its name there."""
    if (folder / WEIGHTS).is_file():
        with _opened(folder / WEIGHTS) as stored:
            listed = dict.fromkeys(stored.keys(), WEIGHTS)
    elif (folder / INDEX).is_file():
        listed = _index(folder / INDEX)
    else:
        raise _no_weights(folder)
    places: dict[str, tuple[Path, str]] = {}
    for name, file in listed.items():
        bare = bare_name(name)
        if bare in places:
            raise CheckpointError(
                "The weight {bare} is there twice, with and without a prefix such as {prefix!r} "
                "before it. Save the language model by itself and import that.",
                bare=bare,
                prefix=name.removesuffix(bare) or PREFIX,
            )
        if not is_mask(bare):
            places[bare] = folder / file, name
    return places


def _index(path: Path) -> dict[str, str]:
    files = read_object(path, CheckpointError, largest_bytes=LARGEST_INDEX_BYTES).get("weight_map")
    if not isinstance(files, dict) or not all(
        isinstance(file, str) and _PLAIN_NAME.fullmatch(file) for file in files.values()
    ):
        raise CheckpointError(
            "{name} is damaged: it must name a .safetensors file in the same folder for each "
            "tensor. Use the file as it was saved with the weights.",
            name=path.name,
        )
    return files


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        with safe_open(file, framework="pt") as stored:
            yield stored
    except FileNotFoundError as error:
        raise CheckpointError(
            "{name} is missing from {parent}. Copy or download it again.",
            name=file.name,
            parent=file.parent,
        ) from error
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            "{name} cannot be read: {error}. It may have been cut short; copy or download it "
            "again.",
            name=file.name,
            error=error,
        ) from error


def _read(stored: Any, name: str, shape: Sequence[int]) -> Tensor:
    # What the header says of a tensor is checked first: only then is memory taken for it.
    header = stored.get_slice(name)
    if header.get_dtype() not in NUMBERS:
        raise CheckpointError(
            "The weight {name} holds numbers of the kind {kind}. Convert the model to one "
            "of {numbers}.",
            name=name,
            kind=header.get_dtype(),
            numbers=", ".join(sorted(NUMBERS)),
        )
    if list(header.get_shape()) != list(shape):
        raise CheckpointError(
            "The weight {name} has the shape {found}; by config.json it must be {shape}. "
            "Use the config.json that was saved with these weights.",
            name=name,
            found=list(header.get_shape()),
            shape=list(shape),
        )
    # A copy: the original is a window onto the file, and would change or vanish with it.
    weight: Tensor = stored.get_tensor(name).to(torch.float32, copy=True)
    require_finite_weight(name, weight)
    return weight


def require_finite_weight(name: str, weight: Tensor) -> None:
    """Refuse a weight that would make every output of its model no number.

    Raises:
        CheckpointError: one of its numbers is not finite.
    """
    if not bool(weight.isfinite().all()):
        raise CheckpointError(
            "The weight {name} holds numbers that are not finite, so the model cannot work. "
            "Choose another checkpoint of it.",
            name=name,
        )


def require_names(
    names: set[str], required: Shapes, optional: Shapes, *, settings: str = "config.json"
) -> None:
    """Refuse weights that are not those of the model that the settings describe.

    Raises:
        CheckpointError: one is missing or unknown; the first few are named.
    """
    missing = sorted(required.keys() - names)
    unknown = sorted(names - required.keys() - optional.keys())
    if missing:
        raise CheckpointError(
            "The weights lack {missing}, which {settings} asks for. Use the {settings} that was "
            "saved with these weights.",
            missing=_shown(missing),
            settings=settings,
        )
    if unknown:
        raise CheckpointError(
            "The weights hold {unknown}, for which a GPT-2 language model has no place. Save "
            "the language model by itself and import that.",
            unknown=_shown(unknown),
        )


def _shown(names: list[str]) -> str:
    left = len(names) - NAMES_SHOWN
    shown = ", ".join(names[:NAMES_SHOWN])
    return Sentence("{shown} and {left} more", shown=shown, left=left) if left > 0 else shown


def _no_weights(folder: Path) -> CheckpointError:
    pickled = sorted(file.name for pattern in PICKLED for file in folder.glob(pattern))
    if not pickled:
        return CheckpointError(
            "There is no {weights} in {folder}. Choose the folder of a model that was saved "
            "with its weights.",
            weights=WEIGHTS,
            folder=folder,
        )
    return CheckpointError(
        "The weights in {folder} are only there as {pickled}, a format that can run code when "
        "it is opened, so it is not. Convert them to safetensors: load the model in "
        "transformers and save it with save_pretrained.",
        folder=folder,
        pickled=pickled[0],
    )
