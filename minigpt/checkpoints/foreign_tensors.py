"""Stored tensors that may come from anybody: looked at before they are loaded.

The header of a safetensors file says of every tensor what numbers it holds and in which shape, so a
file that would fill the memory or be cast to something else is refused unread.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from minigpt.errors import CheckpointError

NUMBERS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}
"""Of weights, by the names in the header; anything else would be cast without a word."""
STATE_NUMBERS = {**NUMBERS, "I64": "int64"}
"""Optimizers also count their steps."""
STATE_ARRAYS = 4
"""An optimizer keeps at most this many numbers for each weight."""
STATE_FACTS = 1_000
"""And a few that belong to none."""

Shapes = Mapping[str, Sequence[int]]


def require_stored(path: Path, shapes: Shapes, *, prefix: str = "") -> None:
    """Compare a file with the model that it is for, reading one tensor at a time.

    Args:
        path: A safetensors file.
        shapes: The shape of every weight, by its name.
        prefix: What stands before the names of weights; other tensors are an optimizer's, of
            which there are none if this is empty.

    Raises:
        CheckpointError: a weight is missing, unknown, of another shape, not finite or no floating
            point number of 32 or 16 bits; or the file is damaged.
    """
    try:
        with safe_open(path, framework="pt") as stored:
            names = list(stored.keys())
            headers = {name: stored.get_slice(name) for name in names}
            found = {name: tuple(headers[name].get_shape()) for name in names}
            kinds = {name: headers[name].get_dtype() for name in names}
            _require_headers(found, kinds, shapes, prefix)
            require_finite((name, stored.get_tensor(name)) for name in names)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            "{name} is no file of weights: {error}. Use it as it was saved.",
            name=path.name,
            error=error,
        ) from error


def are_finite(numbers: Tensor) -> bool:
    """Whether all of them are numbers to compute with.

    The smallest and the largest tell, and no mask of all of them has to be made.
    """
    if not numbers.numel():
        return True
    low, high = numbers.detach().aminmax()
    return math.isfinite(low) and math.isfinite(high)  # where one is no number, so are these


def require_finite(weights: Iterable[tuple[str, Tensor]]) -> None:
    """Refuse numbers with which nothing can be computed.

    Raises:
        CheckpointError: a tensor holds an infinite number, or none at all.
    """
    for name, tensor in weights:
        if not are_finite(tensor):
            raise CheckpointError(
                "The weight {name} holds numbers that are not finite, so the model cannot work. "
                "Choose another step or another file.",
                name=name,
            )


def require_numbers(weights: Mapping[str, Tensor]) -> None:
    """Refuse kinds of numbers that would be cast to others.

    Raises:
        CheckpointError: a tensor holds no floating point numbers of 32 or 16 bits.
    """
    kinds = {name: str(tensor.dtype).removeprefix("torch.") for name, tensor in weights.items()}
    _require_kinds(kinds, NUMBERS.values())


def _require_kinds(kinds: Mapping[str, str], known: Collection[str]) -> None:
    for name, kind in kinds.items():
        if kind not in known:
            raise CheckpointError(
                "The weight {name} holds numbers of the kind {kind}; a model's are {known}. "
                "Convert the file, or use it as it was saved.",
                name=name,
                kind=kind,
                known=", ".join(known),
            )


def _require_headers(found: Shapes, kinds: Mapping[str, str], shapes: Shapes, prefix: str) -> None:
    # Without a prefix every tensor is a weight.
    weights = {name.removeprefix(prefix) for name in found if name.startswith(prefix)}
    if odd := sorted(weights ^ shapes.keys()):
        raise CheckpointError(
            "The weight {name} is only in the file, or only in the model that the settings "
            "describe. Use the settings that the weights were saved with.",
            name=odd[0],
        )
    for name, shape in shapes.items():
        if found[prefix + name] != tuple(shape):
            raise CheckpointError(
                "The weight {name} has the shape {found}; by the settings it must be {shape}. "
                "Use the settings that the weights were saved with.",
                name=name,
                found=list(found[prefix + name]),
                shape=list(shape),
            )
    own = {prefix + name for name in shapes}
    _require_kinds({name: kinds[name] for name in own}, NUMBERS)
    others = found.keys() - own
    _require_kinds({name: kinds[name] for name in others}, STATE_NUMBERS)
    _require_small_state([found[name] for name in others], shapes)


def _require_small_state(others: Iterable[Sequence[int]], shapes: Shapes) -> None:
    kept = sum(map(_count, others))
    most = STATE_ARRAYS * sum(map(_count, shapes.values())) + STATE_FACTS
    if kept > most:
        raise CheckpointError(
            "The training state keeps {kept:,} numbers beside the weights; at most {most:,} fit "
            "this model. Use the file as it was saved.",
            kept=kept,
            most=most,
        )


def _count(shape: Sequence[int]) -> int:
    return math.prod(shape)
