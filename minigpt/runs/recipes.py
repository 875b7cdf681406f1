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
from minigpt.runs.config import RunConfig
from minigpt.runs.sections import CorpusConfig, LoggingConfig, TokenizerConfig
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


def ladder_rung(model: ModelConfig) -> RunConfig:
    """A rung below GPT, all trained alike so that only the model makes the difference."""
    training = plain_training(
        steps=5000, batch_size=32, learning_rate=1e-3, evaluation_interval=500
    )
    return RunConfig(model=model, training=training)


def modern_gpt(*, context_length: int, width: int, num_layers: int) -> GPTConfig:
    """What made GPTs learn faster since 2019, as far as it pays on a processor."""
    return GPTConfig(
        context_length=context_length,
        width=width,
        num_layers=num_layers,
        num_heads=4,
        position="rotary",
        norm="rms",
        activation="relu",
        query_key_norm=True,
        bias=False,
        zero_projections=True,
        ngram_order=4,
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


QUICK = RunConfig(
    model=modern_gpt(context_length=64, width=64, num_layers=2),
    training=modern_training(
        steps=150, batch_size=32, learning_rate=1.5e-2, momentum=0.85, evaluation_interval=30
    ),
)
STRONG = RunConfig(
    model=modern_gpt(context_length=128, width=128, num_layers=4),
    training=modern_training(
        steps=480, batch_size=16, learning_rate=1e-2, momentum=0.9, evaluation_interval=80
    ),
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
