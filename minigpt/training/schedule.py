"""How the learning rate moves over a training. Pure functions of the step."""

import math
from collections.abc import Callable

from minigpt.training.config import Schedule, TrainingConfig


def learning_rate_at(step: int, config: TrainingConfig, *, last_step: int) -> float:
    """Rises in a line over the warm-up, then falls as the schedule says. Steps count from 1."""
    if step < config.warmup_steps:
        return config.learning_rate * step / config.warmup_steps
    after_warmup = max(1, last_step - config.warmup_steps)
    progress = min(1.0, (step - config.warmup_steps) / after_warmup)
    height = SHAPES[config.schedule](progress, config.decay_share)
    lowest = config.final_learning_rate
    return config.learning_rate * (lowest + (1 - lowest) * height)


def _constant(_progress: float, _decay_share: float) -> float:
    return 1.0


def _linear(progress: float, _decay_share: float) -> float:
    return 1 - progress


def _cosine(progress: float, _decay_share: float) -> float:
    return (1 + math.cos(math.pi * progress)) / 2


def _warmup_stable_decay(progress: float, decay_share: float) -> float:
    """Level, then down in a line (Hu et al. 2024, MiniCPM): the level part can go on for ever."""
    return min(1.0, (1 - progress) / decay_share) if decay_share else 1.0


SHAPES: dict[Schedule, Callable[[float, float], float]] = {
    "constant": _constant,
    "linear": _linear,
    "cosine": _cosine,
    "warmup_stable_decay": _warmup_stable_decay,
}
"""Height from 1 down to 0 as progress goes from 0 to 1."""
