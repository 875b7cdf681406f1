"""What the forward pass keeps for the backward pass: most of the memory of a larger training.

Counted as PyTorch does it on a processor: a test has torch itself list what it keeps. Knows no
torch. All counts are numbers per token of the batch.
"""

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
from minigpt.models.sizes import bend_widths

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
