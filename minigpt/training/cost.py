"""What a training costs in arithmetic, before it starts. Knows no torch, so a form can ask at once.

A multiplication and the addition that goes with it count as two operations, the backward pass as
twice the forward pass, and attention as if every position looked at all others: the conventions
of Kaplan et al. 2020 ("Scaling laws for neural language models"), 6 N a token plus attention.
Work on single numbers, such as norms and the optimizer's, is left out.
"""

import math

from minigpt.models.configs import BigramConfig, GPTConfig, ModelConfig, TransformerConfig
from minigpt.models.sizes import is_inner_matrix, parameter_shapes

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
