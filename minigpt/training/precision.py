"""Which device computes and in which precision, and how float16 keeps its small gradients.

They would vanish, so the loss is multiplied before the backward pass and the gradients are divided
after it (loss scaling, Micikevicius et al. 2018). The factor is as large as it can be: it doubles
now and then, and halves whenever a gradient overflows.
"""

import math
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from minigpt.errors import ConfigurationError
from minigpt.training.config import ComputeConfig


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
            "This computer has no {device} device that PyTorch can use. Choose auto or cpu.",
            field="compute.device",
            device=compute.device,
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
            "This computer's {device} cannot compute in {precision}. Choose float32.",
            field="compute.precision",
            device=device.type,
            precision=compute.precision,
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


FIRST_SCALE = 2.0**16
STEPS_BEFORE_DOUBLING = 2000


class LossScale:
    """The factor and what is known about it."""

    def __init__(self, *, is_needed: bool) -> None:
        """Start with a large factor where one is needed, else with none."""
        self.is_needed = is_needed
        self.scale = FIRST_SCALE if is_needed else 1.0
        self.good_steps = 0
        """Steps since the factor last changed."""

    def scaled(self, loss: Tensor) -> Tensor:
        """The loss to take gradients of."""
        return loss * self.scale if self.is_needed else loss

    def unscale(self, parameters: Iterable[nn.Parameter]) -> None:
        """Bring gradients to their true size."""
        if self.is_needed:
            gradients = [one.grad for one in parameters if one.grad is not None]
            torch._foreach_div_(gradients, self.scale)

    def accepts(self, gradient_norm: float) -> bool:
        """Whether the weights may move; learns from the answer."""
        if not self.is_needed:
            return True
        if not math.isfinite(gradient_norm):
            self.scale, self.good_steps = self.scale / 2, 0
            return False
        self.good_steps += 1
        if self.good_steps >= STEPS_BEFORE_DOUBLING:
            self.scale, self.good_steps = self.scale * 2, 0
        return True

    def state(self) -> dict[str, float]:
        """What must be known to go on; empty where no factor is needed."""
        return {"scale": self.scale, "good_steps": self.good_steps} if self.is_needed else {}

    def restore(self, state: dict[str, float]) -> None:
        """Go on from there."""
        if self.is_needed and state:
            self.scale = float(state["scale"])
            # The first files came from PyTorch's own scaler.
            self.good_steps = int(state.get("good_steps", state.get("_growth_tracker", 0)))
