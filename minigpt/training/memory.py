"""What a training takes of memory, before it starts. Knows no torch, so a form can ask at once.

All sizes are in bytes and of one process.
"""

import math

from minigpt.models.configs import ModelConfig
from minigpt.models.sizes import Shapes, is_inner_matrix, parameter_shapes
from minigpt.training.activations import kept_numbers, looking_numbers, passing_numbers
from minigpt.training.compute import ComputeConfig, Precision
from minigpt.training.config import OptimizerName, TrainingConfig
from minigpt.training.cost import windows_per_batch

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
    shapes = parameter_shapes(config, vocabulary_size=vocabulary_size)
    weights, memory = weight_bytes(shapes), optimizer_bytes(shapes, training.optimizer)
    pieces = compute.processes * training.gradient_accumulation
    rows = math.ceil(training.batch_size / pieces)
    learning = activation_bytes(
        config, rows=rows, vocabulary_size=vocabulary_size, precision=compute.precision
    )
    looking = evaluation_bytes(config, vocabulary_size=vocabulary_size)
    # Some of what one of them gave back lies in pieces that do not serve the other.
    activations = HEAP_OVERHEAD * max(learning + looking / 2, looking)
    moving = _orthogonal_bytes(shapes, training.optimizer)
    saving = COPIES_WHILE_SAVING * (weights + memory)
    exchanged = weights if compute.processes > 1 else 0
    # What activations and updates gave back lies in pieces too small for what is saved at once.
    passing = max(activations, moving) + saving
    # Weights, and as much for their gradient.
    return round(2 * weights + memory + exchanged + passing)


def weight_bytes(shapes: Shapes) -> int:
    """The weights; their gradient takes as much."""
    return FLOAT * sum(math.prod(shape) for shape in shapes.values())


def optimizer_bytes(shapes: Shapes, optimizer: OptimizerName) -> int:
    """What the optimizers remember between two updates."""
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
    kept = kept_numbers(config, vocabulary_size=vocabulary_size)
    passing = passing_numbers(config, vocabulary_size=vocabulary_size)
    share = 1.0 if precision == "float32" else HALF_PRECISION_SHARE
    return round(FLOAT * rows * config.context_length * (share * kept + passing))


def evaluation_bytes(config: ModelConfig, *, vocabulary_size: int) -> int:
    """What a look at the validation text takes: a batch of it, one layer at a time."""
    tokens = windows_per_batch(config.context_length) * config.context_length
    return FLOAT * tokens * looking_numbers(config, vocabulary_size=vocabulary_size)


def _orthogonal_bytes(shapes: Shapes, optimizer: OptimizerName) -> int:
    if optimizer != "muon":
        return 0
    groups: dict[tuple[int, ...], int] = {}
    for name, shape in shapes.items():
        if is_inner_matrix(name, shape):
            groups[shape] = groups.get(shape, 0) + math.prod(shape)
    return FLOAT * COPIES_OF_MUON * max(groups.values(), default=0)
