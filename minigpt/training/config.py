"""How a model is trained, checked before anything starts."""

from dataclasses import dataclass

from minigpt.errors import ConfigurationError

RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10_000_000),
    "batch_size": (1, 4096),
    "learning_rate": (1e-8, 1e7),
    "warmup_steps": (0, 1_000_000),
    "final_learning_rate": (0.0, 1.0),
    "weight_decay": (0.0, 10.0),
    "gradient_clip": (0.0, 1e6),
    "beta2": (0.0, 0.99999),
    "evaluation_interval": (1, 1_000_000),
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
    warmup_steps: int = 20
    """Updates over which the learning rate rises from zero."""
    final_learning_rate: float = 0.1
    """Share of the learning rate left at the last step; it falls along a cosine."""
    weight_decay: float = 0.1
    """Pull of every matrix towards zero."""
    gradient_clip: float = 1.0
    """Longest gradient allowed in one update; 0 means no limit."""
    beta2: float = 0.99
    """How long AdamW remembers the size of gradients: nearer to 1 is steadier, but adapts later."""
    evaluation_interval: int = 100
    """Steps between two looks at the validation text."""

    def __post_init__(self) -> None:
        for name, (smallest, largest) in RANGES.items():
            value = getattr(self, name)
            if not smallest <= value <= largest:
                raise ConfigurationError(
                    f"{name.replace('_', ' ')} is {value}; "
                    f"it must lie between {smallest:g} and {largest:g}.",
                    field=f"training.{name}",
                )
