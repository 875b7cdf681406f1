"""What computes, and in which precision."""

from contextlib import AbstractContextManager, nullcontext

import torch

from minigpt.errors import ConfigurationError
from minigpt.training.compute import ComputeConfig


def choose_device(compute: ComputeConfig, *, rank: int = 0) -> torch.device:
    """The device that was asked for, or the best there is; each process has a card of its own.

    Raises:
        ConfigurationError: this computer does not have what was asked for.
    """
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if compute.device == "auto":
        name = next(name for name, is_there in available.items() if is_there)
    elif available[compute.device]:
        name = compute.device
    else:
        raise ConfigurationError(
            f"This computer has no {compute.device} device that PyTorch can use. "
            "Choose auto or cpu.",
            field="compute.device",
        )
    return (
        torch.device(name, rank % torch.cuda.device_count())
        if name == "cuda"
        else torch.device(name)
    )


def require_precision(compute: ComputeConfig, device: torch.device) -> None:
    """Refuse a precision that this device would only imitate, slowly or not at all.

    Raises:
        ConfigurationError: it cannot compute in that precision.
    """
    supported = {
        "float32": True,
        "bfloat16": _has_bfloat16(device),
        "float16": device.type == "cuda",
    }
    if not supported[compute.precision]:
        raise ConfigurationError(
            f"This computer's {device.type} cannot compute in {compute.precision}. Choose float32.",
            field="compute.precision",
        )


def precision_context(
    compute: ComputeConfig, device: torch.device
) -> AbstractContextManager[object]:
    """Within it, products of matrices are computed in the chosen precision."""
    if compute.precision == "float32":
        return nullcontext()
    kind = torch.bfloat16 if compute.precision == "bfloat16" else torch.float16
    return torch.autocast(device.type, dtype=kind)


def seed_device(device: torch.device, number: int) -> None:
    """Let what is drawn on this device from now on, such as dropout, follow from a number."""
    if device.type == "cpu":
        # Seeding every kind of device there might be takes as long as a layer of a small model.
        torch.default_generator.manual_seed(number)
    else:
        torch.manual_seed(number)


def _has_bfloat16(device: torch.device) -> bool:
    match device.type:
        case "cuda":
            return bool(torch.cuda.is_bf16_supported())
        case "cpu":
            return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
        case _:
            return True
