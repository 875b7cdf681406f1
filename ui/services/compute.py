"""What this computer can compute with, for forms to offer. `ui.services.models` looks it up."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ComputeOptions:
    """What this computer can compute with."""

    devices: tuple[str, ...] = ("auto", "cpu")
    """As settings name them; "auto" first, then what there is."""
    precisions: Mapping[str, tuple[str, ...]]
    """Which ones each of these devices computes in."""
    cards: int = 0
    """Graphics cards."""
    cores: int = 1
    """Processor cores."""
    tensorboard: bool = True
    """Whether event files for TensorBoard can be written."""
