"""How the weights move: which decay, and how fast at each step."""

import math

from torch import nn
from torch.optim import AdamW, Optimizer

from minigpt.training.config import TrainingConfig

BETA1 = 0.9


def build_optimizer(model: nn.Module, config: TrainingConfig) -> Optimizer:
    """AdamW (Loshchilov and Hutter 2019); only matrices decay, offsets and gains stay free."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {
            "params": [parameter for parameter in parameters if parameter.dim() >= 2],
            "weight_decay": config.weight_decay,
        },
        {
            "params": [parameter for parameter in parameters if parameter.dim() < 2],
            "weight_decay": 0.0,
        },
    ]
    return AdamW(
        [group for group in groups if group["params"]],
        lr=config.learning_rate,
        betas=(BETA1, config.beta2),
        fused=True,
    )


def learning_rate_at(step: int, config: TrainingConfig) -> float:
    """Rises in a line over the warm-up, then falls along half a cosine. Steps count from 1."""
    if step < config.warmup_steps:
        return config.learning_rate * step / config.warmup_steps
    after_warmup = max(1, config.steps - config.warmup_steps)
    progress = min(1.0, (step - config.warmup_steps) / after_warmup)
    falling = (1 + math.cos(math.pi * progress)) / 2
    lowest = config.final_learning_rate
    return config.learning_rate * (lowest + (1 - lowest) * falling)
