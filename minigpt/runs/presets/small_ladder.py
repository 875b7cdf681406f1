"""Every rung of the ladder in a thousand quick steps, so that all can be trained side by side."""

from dataclasses import replace

from minigpt.models import LADDER
from minigpt.models.configs import GPTConfig
from minigpt.runs.config import CorpusConfig, LoggingConfig, RunConfig
from minigpt.training.config import TrainingConfig

# Higher than the lectures' rate, and falling to nothing: a thousand steps then tell as much of the
# order of the rungs as five thousand at a constant one, in well under a minute for the largest.
TRAINING = TrainingConfig(
    steps=1000,
    batch_size=32,
    learning_rate=1e-2,
    schedule="linear",
    final_learning_rate=0.0,
    weight_decay=0.01,
    evaluation_interval=200,
)
LOGGING = LoggingConfig(checkpoints=4, sample_tokens=100, attention_frames=0)
# Fewer and wider layers than the transformer's, and positions that turn: in so few steps it then is
# ahead of the transformer and takes about as long.
GPT = GPTConfig(
    context_length=32,
    width=64,
    num_layers=2,
    num_heads=4,
    position="rotary",
    activation="relu",
)
GPT_BATCH = 8
"""Windows four times as long as those of the other rungs: as many tokens a step."""


def small_ladder(corpus: str = "tiny-shakespeare") -> dict[str, RunConfig]:
    """A run for every rung on the characters of a text, weakest first.

    All learn from equally many tokens at the same rate; only the GPT looks back further.
    """
    return {rung: _run(rung, corpus) for rung in LADDER}


def _run(rung: str, corpus: str) -> RunConfig:
    model, training = LADDER[rung].config(), TRAINING
    if isinstance(model, GPTConfig):
        model, training = GPT, replace(TRAINING, batch_size=GPT_BATCH)
    return RunConfig(
        corpus=CorpusConfig(name=corpus), model=model, training=training, logging=LOGGING
    )
