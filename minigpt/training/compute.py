"""Where and how a training is computed. None of it changes what the model is."""

from dataclasses import dataclass
from typing import Literal, get_args

from minigpt.errors import ConfigurationError
from minigpt.validation import require_between, require_choice

Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16", "float16"]

CHOICES: dict[str, tuple[str, ...]] = {
    "device": get_args(Device),
    "precision": get_args(Precision),
}
MOST_THREADS = 1024
MOST_PROCESSES = 64


@dataclass(frozen=True, kw_only=True)
class ComputeConfig:
    """The defaults work everywhere."""

    device: Device = "auto"
    """What computes: a graphics card (cuda, on a Mac mps) if there is one, else the processor."""
    precision: Precision = "float32"
    """Digits kept while computing. Half is faster where the device can; weights keep them all."""
    compile: bool = False
    """Translate the model to machine code first: half a minute of waiting, then faster steps."""
    threads: int = 0
    """Processor threads to use; 0 means a fair share of the cores."""
    processes: int = 1
    """Copies of the model that share each batch, one on each graphics card or group of cores."""

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            require_choice(f"compute.{name}", getattr(self, name), allowed)
        require_between("compute.threads", self.threads, 0, MOST_THREADS)
        require_between("compute.processes", self.processes, 1, MOST_PROCESSES)
        if self.precision == "float16" and self.device in ("cpu", "mps"):
            raise ConfigurationError(
                f"float16 needs a cuda device; this run asks for {self.device}. "
                "Choose bfloat16 or float32.",
                field="compute.precision",
            )
