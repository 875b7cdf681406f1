"""How presets train: as the lectures do, or faster."""

from minigpt.training.config import TrainingConfig


def plain_training(
    *, steps: int, batch_size: int, learning_rate: float, evaluation_interval: int
) -> TrainingConfig:
    """AdamW as the lectures use it: one constant learning rate, no warm-up, no clipping."""
    return TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        schedule="constant",
        warmup_steps=0,
        weight_decay=0.01,
        gradient_clip=0.0,
        beta2=0.999,
        evaluation_interval=evaluation_interval,
    )


def modern_training(
    *, steps: int, batch_size: int, learning_rate: float, momentum: float, evaluation_interval: int
) -> TrainingConfig:
    """Muon at a high learning rate that falls in a line to nothing. Measured in docs/results.md."""
    return TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        optimizer="muon",
        schedule="linear",
        warmup_steps=10,
        final_learning_rate=0.0,
        weight_decay=0.2,
        gradient_clip=0.0,
        momentum=momentum,
        evaluation_interval=evaluation_interval,
    )
