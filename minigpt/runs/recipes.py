"""The settings behind the presets. Pure data."""

from minigpt.models.configs import (
    AveragingConfig,
    BigramConfig,
    GPTConfig,
    ModelConfig,
    MultiHeadConfig,
    SingleHeadConfig,
    TransformerConfig,
)
from minigpt.runs.config import CorpusConfig, LoggingConfig, RunConfig, TokenizerConfig
from minigpt.training.config import TrainingConfig


def plain_training(
    *, steps: int, batch_size: int, learning_rate: float, evaluation_interval: int
) -> TrainingConfig:
    """AdamW as the lectures use it: one constant learning rate, no warm-up, no clipping."""
    return TrainingConfig(
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        final_learning_rate=1.0,
        warmup_steps=0,
        weight_decay=0.01,
        gradient_clip=0.0,
        beta2=0.999,
        evaluation_interval=evaluation_interval,
    )


def ladder_rung(model: ModelConfig) -> RunConfig:
    """A rung below GPT, all trained alike so that only the model makes the difference."""
    training = plain_training(
        steps=5000, batch_size=32, learning_rate=1e-3, evaluation_interval=500
    )
    return RunConfig(model=model, training=training)


def modern_gpt(*, context_length: int, width: int) -> GPTConfig:
    """Rotary positions, normalised queries and keys, squared ReLU, no biases."""
    return GPTConfig(
        context_length=context_length,
        width=width,
        position="rotary",
        norm="rms",
        activation="relu_squared",
        query_key_norm=True,
        bias=False,
    )


QUICK = RunConfig(
    model=modern_gpt(context_length=64, width=64),
    training=TrainingConfig(steps=600, learning_rate=1e-2),
)
STRONG = RunConfig(
    model=modern_gpt(context_length=128, width=128),
    training=TrainingConfig(steps=1600, batch_size=16, learning_rate=6e-3),
)
WORDS = RunConfig(
    corpus=CorpusConfig(name="sentences"),
    tokenizer=TokenizerConfig(kind="word"),
    model=GPTConfig(
        context_length=6,
        width=32,
        num_layers=2,
        num_heads=2,
        activation="relu",
        tied_embeddings=False,
    ),
    training=plain_training(steps=1500, batch_size=16, learning_rate=1e-3, evaluation_interval=150),
    logging=LoggingConfig(sample_tokens=40),
)
BIGRAM = ladder_rung(BigramConfig())
AVERAGING = ladder_rung(AveragingConfig())
SINGLE_HEAD = ladder_rung(SingleHeadConfig())
MULTI_HEAD = ladder_rung(MultiHeadConfig())
TRANSFORMER = ladder_rung(TransformerConfig())
LECTURE_GPT = RunConfig(
    model=GPTConfig(context_length=32, activation="relu", tied_embeddings=False),
    training=plain_training(steps=5000, batch_size=16, learning_rate=1e-3, evaluation_interval=100),
    logging=LoggingConfig(checkpoints=16),
)
GPT_LARGE = RunConfig(
    model=GPTConfig(
        context_length=256,
        width=512,
        num_layers=10,
        num_heads=8,
        dropout=0.2,
        activation="relu",
        tied_embeddings=False,
    ),
    training=plain_training(
        steps=5000, batch_size=128, learning_rate=1e-4, evaluation_interval=500
    ),
)
GPT2_SMALL = RunConfig(
    tokenizer=TokenizerConfig(kind="gpt2"),
    model=GPTConfig(context_length=1024, width=768, num_layers=12, num_heads=12),
    training=TrainingConfig(
        steps=10_000,
        batch_size=8,
        learning_rate=6e-4,
        warmup_steps=200,
        evaluation_interval=250,
    ),
    logging=LoggingConfig(checkpoints=4),
)
