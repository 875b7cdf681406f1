"""What a training costs in arithmetic, before it starts. Knows no torch, so a form can ask at once.

A multiplication and the addition that goes with it count as two operations, the backward pass as
twice the forward pass, and attention as if every position looked at all others: the conventions
of Kaplan et al. 2020 ("Scaling laws for neural language models"), 6 N a token plus attention.
Work on single numbers, such as norms and the optimizer's, is left out.

What the forward pass keeps for the backward pass: most of the memory of a larger training.

Counted as PyTorch does it on a processor: a test has torch itself list what it keeps. Knows no
torch. All counts are numbers per token of the batch.

What a training takes of memory, before it starts. Knows no torch, so a form can ask at once.

All sizes are in bytes and of one process.
"""

import math

from minigpt.models.configs import (
    Activation,
    AveragingConfig,
    BigramConfig,
    GPTConfig,
    ModelConfig,
    MultiHeadConfig,
    SingleHeadConfig,
    TransformerConfig,
)
from minigpt.models.sizes import Shapes, bend_widths, is_inner_matrix, parameter_shapes
from minigpt.training.config import ComputeConfig, OptimizerName, Precision, TrainingConfig

EVALUATION_TOKENS_PER_BATCH = 4096
"""Small enough for a processor's cache; larger batches were slower on two cores."""
MOST_EVALUATION_TOKENS = 200_000
"""A longer validation text is represented by that many tokens of it."""
FORWARD_AND_BACKWARD = 3


def forward_flops(config: ModelConfig, *, vocabulary_size: int) -> int:
    """Operations for one token of a full window, without learning from it."""
    if isinstance(config, BigramConfig):
        return 0  # a row of a table is looked up, not computed
    shapes = parameter_shapes(config, vocabulary_size=vocabulary_size)
    inside = sum(math.prod(shape) for name, shape in shapes.items() if is_inner_matrix(name, shape))
    unembedding = vocabulary_size * config.width
    attention = 2 * attention_layers(config) * config.context_length * config.width
    return 2 * (inside + unembedding + attention)


def step_flops(config: ModelConfig, *, vocabulary_size: int, batch_size: int) -> int:
    """Operations for one update of the weights."""
    tokens = batch_size * config.context_length
    return FORWARD_AND_BACKWARD * tokens * forward_flops(config, vocabulary_size=vocabulary_size)


def evaluation_flops(config: ModelConfig, *, vocabulary_size: int, validation_tokens: int) -> int:
    """Operations for one look at the validation text."""
    windows = evaluation_windows(validation_tokens, config.context_length)
    tokens = windows * config.context_length
    return tokens * forward_flops(config, vocabulary_size=vocabulary_size)


def evaluation_windows(validation_tokens: int, context_length: int) -> int:
    """Windows that the validation loss is measured on; 0 where the text is shorter than one."""
    available = (validation_tokens - 1) // context_length
    return max(0, min(available, max(1, MOST_EVALUATION_TOKENS // context_length)))


def windows_per_batch(context_length: int) -> int:
    """Windows that are evaluated at once."""
    return max(1, EVALUATION_TOKENS_PER_BATCH // context_length)


def evaluation_count(steps: int, interval: int) -> int:
    """Looks at the validation text in so many steps: before the first, after the last, between."""
    return 1 + math.ceil(steps / interval)


def attention_layers(config: ModelConfig) -> int:
    """How many blocks of attention lie on top of each other."""
    if isinstance(config, TransformerConfig | GPTConfig):
        return config.num_layers
    return 0 if isinstance(config, BigramConfig) else 1


IDS = 4
"""The token and the one after it, 8 bytes each; counted in numbers of 4 bytes."""
LAYER_NORM, ROOT_MEAN_SQUARE = 2, 1
"""What a norm remembers of each vector: mean and deviation, or one length."""


def kept_numbers(config: ModelConfig, *, vocabulary_size: int) -> int:
    """How many numbers the forward pass keeps of each token."""
    ends = vocabulary_size + IDS  # the odds of every kind of token
    match config:
        case BigramConfig():
            return ends
        case AveragingConfig():
            # Queries, which are the keys too; values; the average.
            return ends + 3 * config.width + 1
        case SingleHeadConfig():
            # The stream; queries, keys, values; what the head found.
            return ends + 5 * config.width + 1
        case MultiHeadConfig():
            # The same, and what the last map made of it.
            return ends + 6 * config.width + config.num_heads
        case TransformerConfig():
            block = _around(config) + config.num_heads + _feed_forward(config.width, "relu")
            return ends + config.width + config.num_layers * (block + 2 * LAYER_NORM)
        case GPTConfig():
            return ends + _after_the_last_block(config) + config.num_layers * _gpt_block(config)


def passing_numbers(config: ModelConfig, *, vocabulary_size: int) -> int:
    """How many numbers of each token come on top for a moment while gradients are computed."""
    at_the_end = 2 * vocabulary_size  # the gradients of the odds and of the scores
    if isinstance(config, TransformerConfig | GPTConfig):
        dropout = config.dropout if isinstance(config, GPTConfig) else 0.0
        weights = 2 * config.num_heads * config.context_length if dropout else 0
        return max(at_the_end, 8 * config.width + weights)
    return at_the_end


def looking_numbers(config: ModelConfig, *, vocabulary_size: int) -> int:
    """How many numbers of each token are held at a time where nothing is kept."""
    scores = 2 * vocabulary_size
    if isinstance(config, BigramConfig):
        return scores
    if not isinstance(config, TransformerConfig | GPTConfig):
        return max(scores + config.width, 6 * config.width)
    activation = config.activation if isinstance(config, GPTConfig) else "relu"
    before, after = bend_widths(config.width, activation)
    between = after if activation in ("relu_squared", "swiglu") else 0
    return max(scores + config.width, 2 * config.width + before + between + after)


def _around(config: TransformerConfig | GPTConfig) -> int:
    # The stream before and after each norm; queries, keys, values; what the heads found.
    return 8 * config.width


def _feed_forward(width: int, activation: Activation) -> int:
    before, after = bend_widths(width, activation)
    if activation == "relu":
        return after  # what it lets through tells what it was
    # A gate is kept too; squaring keeps what relu let through, and its square.
    return before + after + (before // 2 if activation == "swiglu" else 0)


def _gpt_block(config: GPTConfig) -> int:
    norm = LAYER_NORM if config.norm == "layer" else ROOT_MEAN_SQUARE
    numbers = _around(config) + 2 * norm + _feed_forward(config.width, config.activation)
    if config.dropout:
        # Silencing weights takes them one by one: themselves, who is silenced, and what is left.
        numbers += 2 * config.width + 3 * config.num_heads * config.context_length
    else:
        numbers += config.num_heads  # the kernel keeps one number of each row of weights
    return numbers + _comparison(config)


def _comparison(config: GPTConfig) -> int:
    """What is kept because queries and keys go through more before they are compared."""
    cosine = config.attention_score == "cosine"
    norms = 2 * config.num_heads * (config.query_key_norm + cosine)
    is_copied = config.query_key_norm or config.position == "rotary"
    if config.dropout:
        return norms + 3 * config.width * (config.query_key_norm or cosine)
    both = 2 * config.width * (config.query_key_norm and cosine)
    new = 2 * config.width * (is_copied or cosine)
    return norms + both + new + config.width * is_copied


def _after_the_last_block(config: GPTConfig) -> int:
    dropped = config.width if config.dropout else 0
    if config.norm_position == "post":
        return config.width + dropped
    return 2 * config.width + (LAYER_NORM if config.norm == "layer" else ROOT_MEAN_SQUARE) + dropped


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
