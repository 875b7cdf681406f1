"""How a model is trained, and where and how that is computed; checked before anything starts.

None of it changes what the model is.
"""

from dataclasses import dataclass
from typing import Literal, get_args

from minigpt.configuration import require_between, require_choice
from minigpt.errors import ConfigurationError

OptimizerName = Literal["adamw", "muon"]
Schedule = Literal["cosine", "linear", "warmup_stable_decay", "constant"]

CHOICES: dict[str, tuple[str, ...]] = {
    "optimizer": get_args(OptimizerName),
    "schedule": get_args(Schedule),
}
LONGEST_PASSAGE = 2000
RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10_000_000),
    "epochs": (0.0, 1e6),
    "minutes": (0.0, 1e6),
    "batch_size": (1, 4096),
    "gradient_accumulation": (1, 4096),
    "learning_rate": (1e-8, 1e7),
    "warmup_steps": (0, 1_000_000),
    "final_learning_rate": (0.0, 1.0),
    "decay_share": (0.0, 1.0),
    "weight_decay": (0.0, 10.0),
    "gradient_clip": (0.0, 1e6),
    "momentum": (0.0, 0.9999),
    "beta2": (0.0, 0.99999),
    "evaluation_interval": (1, 1_000_000),
    "patience": (0, 1_000_000),
}


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The defaults suit a small model on a small text."""

    steps: int = 1000
    """Updates of the weights."""
    batch_size: int = 32
    """Windows of text per update."""
    learning_rate: float = 3e-3
    """Size of an update at its largest."""
    evaluation_interval: int = 100
    """Steps between two evaluations on the validation text."""
    optimizer: OptimizerName = "adamw"
    """How gradients become updates. Muon learns in fewer steps; AdamW is what most papers use."""
    schedule: Schedule = "cosine"
    """The way the learning rate falls after its rise: along a curve, a line, late, or never."""
    warmup_steps: int = 20
    """Updates over which the learning rate rises from zero."""
    final_learning_rate: float = 0.1
    """Share of the learning rate left at the last step, where the schedule falls."""
    decay_share: float = 0.2
    """Last part of the steps in which warmup_stable_decay falls; the other schedules ignore it."""
    weight_decay: float = 0.1
    """Pull of every matrix towards zero."""
    gradient_clip: float = 1.0
    """Longest gradient allowed in one update; 0 means no limit."""
    momentum: float = 0.9
    """Share of the past in the direction of an update, for AdamW (its beta1) and for Muon."""
    beta2: float = 0.99
    """How long AdamW remembers the size of gradients: nearer to 1 is steadier, but adapts later."""
    gradient_accumulation: int = 1
    """Pieces in which a batch is computed one after the other: less memory, the same result."""
    patience: int = 0
    """Evaluations without a new best after which training ends; 0 means never."""
    epochs: float = 0.0
    """Passes over the text after which training ends if that is sooner; 0 means no limit."""
    minutes: float = 0.0
    """Time after which training ends if that is sooner; 0 means no limit."""
    never_read: str = ""
    """A passage or a name in the text: windows that touch it teach nothing; empty means none."""

    def __post_init__(self) -> None:
        for name, (smallest, largest) in RANGES.items():
            require_between(f"training.{name}", getattr(self, name), smallest, largest)
        for name, allowed in CHOICES.items():
            require_choice(f"training.{name}", getattr(self, name), allowed)
        if len(self.never_read) > LONGEST_PASSAGE:
            raise ConfigurationError(
                "What is never to be read has {length:,} characters; at most {most:,} are "
                "understood. Choose a shorter passage.",
                field="training.never_read",
                length=len(self.never_read),
                most=LONGEST_PASSAGE,
            )
        if self.batch_size % self.gradient_accumulation:
            raise ConfigurationError(
                "A batch of {batch_size} cannot be cut into {gradient_accumulation} equal "
                "pieces. Choose a number that divides the batch size.",
                field="training.gradient_accumulation",
                batch_size=self.batch_size,
                gradient_accumulation=self.gradient_accumulation,
            )

    def planned_steps(self, *, context_length: int, training_tokens: int) -> int:
        """The last step, by steps and epochs together. Time may end a run before it."""
        if not self.epochs:
            return self.steps
        tokens_per_step = self.batch_size * context_length
        return max(1, min(self.steps, round(self.epochs * training_tokens / tokens_per_step)))


Device = Literal["auto", "cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16", "float16"]

COMPUTE_CHOICES: dict[str, tuple[str, ...]] = {
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
    """Processor threads to use; 0 means at most a fair share of the cores, and as many of them as
    are fastest at the time."""
    processes: int = 1
    """Copies of the model that share each batch, one on each graphics card or group of cores."""

    def __post_init__(self) -> None:
        for name, allowed in COMPUTE_CHOICES.items():
            require_choice(f"compute.{name}", getattr(self, name), allowed)
        require_between("compute.threads", self.threads, 0, MOST_THREADS)
        require_between("compute.processes", self.processes, 1, MOST_PROCESSES)
        if self.precision == "float16" and self.device in ("cpu", "mps"):
            raise ConfigurationError(
                "float16 needs a cuda device; this run asks for {device}. Choose bfloat16 or "
                "float32.",
                field="compute.precision",
                device=self.device,
            )
