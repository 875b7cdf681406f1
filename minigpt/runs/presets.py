"""Ready-made settings, each with the reason it exists and where it comes from."""

from dataclasses import dataclass

from minigpt.errors import ConfigurationError
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.runs.config import LoggingConfig, RunConfig
from minigpt.training.config import TrainingConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A named configuration."""

    title: str
    """The name people read."""
    description: str
    """What it shows, and in its last sentence where its numbers come from."""
    config: RunConfig


PRESETS: dict[str, Preset] = {
    "quick": Preset(
        title="Quick",
        description="A small modern GPT that turns noise into words in about a minute "
        "on two processor cores. The recipe is MiniGPT's own.",
        config=RunConfig(
            model=GPTConfig(
                position="rotary",
                norm="rms",
                activation="relu_squared",
                query_key_norm=True,
                bias=False,
            ),
            training=TrainingConfig(steps=600, learning_rate=1e-2),
        ),
    ),
    "bigram": Preset(
        title="Bigram",
        description="A table of which character follows which: how far one character of memory "
        "gets you. The first model of Andrej Karpathy's lecture Let's build GPT (2023).",
        config=RunConfig(
            model=BigramConfig(),
            training=TrainingConfig(
                steps=5000,
                learning_rate=1e-3,
                final_learning_rate=1.0,
                warmup_steps=0,
                weight_decay=0.01,
                gradient_clip=0.0,
                evaluation_interval=500,
            ),
        ),
    ),
    "lecture-gpt": Preset(
        title="Lecture GPT",
        description="A GPT built by hand: four layers of four heads, 5,000 small steps at a "
        "constant learning rate. The sizes are those of Andrej Karpathy's lecture Let's build "
        "GPT (2023).",
        config=RunConfig(
            model=GPTConfig(context_length=32, tied_embeddings=False),
            training=TrainingConfig(
                steps=5000,
                batch_size=16,
                learning_rate=1e-3,
                final_learning_rate=1.0,
                warmup_steps=0,
                weight_decay=0.01,
                gradient_clip=0.0,
            ),
            logging=LoggingConfig(checkpoints=16),
        ),
    ),
}


def preset_named(name: str) -> Preset:
    """The preset with this key.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in PRESETS:
        raise ConfigurationError(
            f"There is no preset called {name!r}. Choose one of {', '.join(PRESETS)}.",
            field="preset",
        )
    return PRESETS[name]
