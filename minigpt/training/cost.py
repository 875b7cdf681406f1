"""What a training costs before it starts: operations, evaluations, and bytes of memory.

Operations of one token, parameters and activations are answered by the model's configuration
(`minigpt.models.configs`); here they become those of steps, of evaluations and of a whole process.
The backward pass counts as twice the forward pass (Kaplan et al. 2020, "Scaling laws for neural
language models": 6 N a token plus attention). Sizes are in bytes and of one process. Knows no
torch, so a form can ask at once.
"""

import math

from minigpt.models.configs import ModelConfig
from minigpt.models.configs.parts import Shapes, is_inner_matrix
from minigpt.training.config import ComputeConfig, OptimizerName, Precision, TrainingConfig

EVALUATION_TOKENS_PER_BATCH = 4096
"""Small enough for a processor's cache; larger batches were slower on two cores."""
MOST_EVALUATION_TOKENS = 200_000
"""A longer validation text is represented by that many tokens of it."""
MOST_TRAINING_PART_TOKENS = 8192
"""The training part is judged by that many tokens of it, and by no more windows than the
validation part. More would be steadier, but evaluations are nearly half of the time of a small
model that learns fast: so many lengthen `quick` by about 3 %."""
FORWARD_AND_BACKWARD = 3


def step_flops(config: ModelConfig, *, vocabulary_size: int, batch_size: int) -> int:
    """Operations for one update of the weights."""
    tokens = batch_size * config.context_length
    return FORWARD_AND_BACKWARD * tokens * config.forward_flops(vocabulary_size)


def evaluation_flops(
    config: ModelConfig, *, vocabulary_size: int, training_tokens: int, validation_tokens: int
) -> int:
    """Operations for one evaluation: a forward pass over the windows of both parts."""
    length = config.context_length
    judged = evaluation_windows(validation_tokens, length)
    windows = judged + training_part_windows(training_tokens, length, most=judged)
    return windows * length * config.forward_flops(vocabulary_size)


def evaluation_windows(
    validation_tokens: int, context_length: int, *, most_tokens: int = MOST_EVALUATION_TOKENS
) -> int:
    """Windows that the validation loss is measured on; 0 where the text is shorter than one."""
    available = (validation_tokens - 1) // context_length
    return max(0, min(available, max(1, most_tokens // context_length)))


def training_part_windows(
    training_tokens: int,
    context_length: int,
    *,
    most: int,
    most_tokens: int = MOST_TRAINING_PART_TOKENS,
) -> int:
    """Windows of the training part that are judged beside `most` of the validation part."""
    available = (training_tokens - 1) // context_length
    return max(0, min(available, most, max(1, most_tokens // context_length)))


def windows_per_batch(context_length: int) -> int:
    """Windows that are evaluated at once."""
    return max(1, EVALUATION_TOKENS_PER_BATCH // context_length)


def evaluation_count(steps: int, interval: int) -> int:
    """Evaluations in so many steps: before the first, after the last, between."""
    return 1 + math.ceil(steps / interval)


FLOAT = 4
MOMENTS_OF_ADAMW = 2
COPIES_OF_MUON = 5
"""Of the largest group of equal matrices, while it is made orthogonal."""
COPIES_WHILE_SAVING = 2
"""What is saved is put together in memory: first its parts, then all of it."""
HEAP_OVERHEAD = 1.2
"""Gaps between arrays that come and go: measured on models of 0.8 to 100 MB of weights."""
HALF_PRECISION_SHARE = 0.8
"""Norms and sums stay in single precision, so half the digits take more than half the memory."""


def training_bytes(
    config: ModelConfig, training: TrainingConfig, compute: ComputeConfig, *, vocabulary_size: int
) -> int:
    """The most that weights, optimizer and activations take together, and what is being saved."""
    shapes = config.parameter_shapes(vocabulary_size)
    weights, state = weight_bytes(shapes), optimizer_bytes(shapes, training.optimizer)
    pieces = compute.processes * training.gradient_accumulation
    rows = math.ceil(training.batch_size / pieces)
    learning = activation_bytes(
        config, rows=rows, vocabulary_size=vocabulary_size, precision=compute.precision
    )
    evaluating = evaluation_bytes(config, vocabulary_size=vocabulary_size)
    # Some of what one of them gave back lies in pieces that do not serve the other.
    activations = HEAP_OVERHEAD * max(learning + evaluating / 2, evaluating)
    moving = _orthogonal_bytes(shapes, training.optimizer)
    saving = COPIES_WHILE_SAVING * (weights + state)
    exchanged = weights if compute.processes > 1 else 0
    # What activations and updates gave back lies in pieces too small for what is saved at once.
    passing = max(activations, moving) + saving
    # Weights, and as much for their gradient.
    return round(2 * weights + state + exchanged + passing)


def weight_bytes(shapes: Shapes) -> int:
    """The weights; their gradient takes as much."""
    return FLOAT * sum(math.prod(shape) for shape in shapes.values())


def optimizer_bytes(shapes: Shapes, optimizer: OptimizerName) -> int:
    """The state that optimizers keep between two updates."""
    total = 0
    for name, shape in shapes.items():
        if optimizer == "muon" and is_inner_matrix(name, shape):
            total += FLOAT * math.prod(shape)
        else:
            # AdamW also counts the updates of each array.
            total += FLOAT * (MOMENTS_OF_ADAMW * math.prod(shape) + 1)
    return total


def activation_bytes(
    config: ModelConfig, *, rows: int, vocabulary_size: int, precision: Precision = "float32"
) -> int:
    """What `rows` windows take when the backward pass begins."""
    kept = config.kept_activations(vocabulary_size)
    passing = config.gradient_activations(vocabulary_size)
    share = 1.0 if precision == "float32" else HALF_PRECISION_SHARE
    return round(FLOAT * rows * config.context_length * (share * kept + passing))


def evaluation_bytes(config: ModelConfig, *, vocabulary_size: int) -> int:
    """What an evaluation takes: a batch of it, one layer at a time."""
    tokens = windows_per_batch(config.context_length) * config.context_length
    return FLOAT * tokens * config.evaluation_activations(vocabulary_size)


def _orthogonal_bytes(shapes: Shapes, optimizer: OptimizerName) -> int:
    if optimizer != "muon":
        return 0
    groups: dict[tuple[int, ...], int] = {}
    for name, shape in shapes.items():
        if is_inner_matrix(name, shape):
            groups[shape] = groups.get(shape, 0) + math.prod(shape)
    return FLOAT * COPIES_OF_MUON * max(groups.values(), default=0)
