"""Ready-made configurations, each with the reason it exists and where its numbers come from.

small_ladder  every rung in a thousand quick steps, to be trained side by side
trainings     the lectures' way of training, and a faster one
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from minigpt.errors import ConfigurationError
from minigpt.models.configs import (
    AveragingConfig,
    BigramConfig,
    GPTConfig,
    ModelConfig,
    MultiHeadConfig,
    SingleHeadConfig,
    TransformerConfig,
)
from minigpt.runs.config import (
    CorpusConfig,
    LoggingConfig,
    RunConfig,
    TokenizerConfig,
    flatten_settings,
)
from minigpt.runs.presets.trainings import modern_training, plain_training
from minigpt.sentences import N_
from minigpt.training.config import TrainingConfig


def ladder_rung(model: ModelConfig) -> RunConfig:
    """A rung below GPT, all trained alike so that only the model makes the difference."""
    training = plain_training(
        steps=5000, batch_size=32, learning_rate=1e-3, evaluation_interval=500
    )
    return RunConfig(model=model, training=training)


# Learned norms and biases, ordinary scores: heads of this model become sharp within its few steps,
# where query-key norm keeps small ones blunt. Tables of n-grams would learn faster still, but leave
# the heads nothing to do.
QUICK_MODEL = GPTConfig(
    context_length=64,
    width=64,
    num_layers=2,
    num_heads=2,
    position="rotary",
    activation="relu",
)
QUICK = RunConfig(
    model=QUICK_MODEL,
    training=modern_training(
        steps=540, batch_size=16, learning_rate=2e-2, momentum=0.85, evaluation_interval=90
    ),
)
# Lines whose second half can only be copied. With norms and biases that learn, a head gives the
# earlier copy two fifths of its attention in these steps; without, five sixths.
COPYING = RunConfig(
    corpus=CorpusConfig(name="repeated-segments"),
    model=GPTConfig(
        context_length=64,
        width=64,
        num_layers=2,
        num_heads=2,
        position="rotary",
        norm="rms",
        activation="relu",
        bias=False,
        zero_projections=True,
    ),
    training=modern_training(
        steps=600, batch_size=32, learning_rate=1.5e-2, momentum=0.85, evaluation_interval=25
    ),
    logging=LoggingConfig(sample_tokens=100, head_shares=True),
)
# What made GPTs learn faster since 2019, as far as it pays on a processor, and a table.
NGRAM = RunConfig(
    model=GPTConfig(
        context_length=64,
        width=64,
        num_layers=2,
        num_heads=4,
        position="rotary",
        norm="rms",
        activation="relu",
        query_key_norm=True,
        bias=False,
        zero_projections=True,
        ngram_order=4,
    ),
    training=modern_training(
        steps=150, batch_size=32, learning_rate=1.5e-2, momentum=0.85, evaluation_interval=30
    ),
)
STRONG = RunConfig(
    model=replace(QUICK_MODEL, num_layers=3),
    training=modern_training(
        steps=2250, batch_size=16, learning_rate=1.5e-2, momentum=0.9, evaluation_interval=375
    ),
)
# Wider, deeper and with twice the context of `strong`. The text is read nine times, hence dropout;
# without it nothing was tried. Measured in docs/results.md.
RECORD = RunConfig(
    model=GPTConfig(
        context_length=128,
        width=192,
        num_layers=5,
        num_heads=6,
        dropout=0.1,
        position="rotary",
        activation="relu_squared",
    ),
    training=modern_training(
        steps=2400, batch_size=32, learning_rate=1e-2, momentum=0.9, evaluation_interval=200
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
        title=N_("Quick"),
        description=N_(
            "A small GPT of two layers of two heads that turns noise into words in well under a "
            "minute on two quiet processor cores. The recipe is MiniGPT's own."
        ),
        config=QUICK,
    ),
    "copying": Preset(
        title=N_("Copying"),
        description=N_(
            "Two layers learn to repeat random letters, which takes a head that looks for the "
            "earlier copy: an induction head, after Olsson et al. (2022). It grows before your "
            "eyes, within half a minute on two quiet processor cores. The recipe is MiniGPT's own."
        ),
        config=COPYING,
    ),
    "ngram": Preset(
        title=N_("N-gram table"),
        description=N_(
            "A small GPT beside a table of vectors for sequences of up to four tokens, which holds "
            "most of its parameters. It learns to spell fastest, but by the table: its heads have "
            "next to nothing to do. The recipe is MiniGPT's own."
        ),
        config=NGRAM,
    ),
    "strong": Preset(
        title=N_("Strong"),
        description=N_(
            "Quick with a third layer and four times as many steps, for a minute and a half on two "
            "processor cores. The recipe is MiniGPT's own."
        ),
        config=STRONG,
    ),
    "record": Preset(
        title=N_("Record"),
        description=N_(
            "The lowest validation loss that MiniGPT reaches on tiny Shakespeare within an hour on "
            "two processor cores. The recipe is MiniGPT's own."
        ),
        config=RECORD,
    ),
    "tinygpt-words": Preset(
        title=N_("Whole words"),
        description=N_(
            "A very small GPT that reads whole words of short sentences. The sizes are "
            "those of TinyGPT, a first GPT written for learners."
        ),
        config=WORDS,
    ),
    "bigram": Preset(
        title=N_("Bigram"),
        description=N_(
            "A table of which character follows which: how far one character of memory "
            "gets you. The first model of Andrej Karpathy's lecture Let's build GPT (2023)."
        ),
        config=BIGRAM,
    ),
    "averaging": Preset(
        title=N_("Averaging"),
        description=N_(
            "Looks at all the past at once, without choosing: worse than the bigram, and "
            "the reason for attention. From the same lecture, at the sizes of the models around it."
        ),
        config=AVERAGING,
    ),
    "single-head": Preset(
        title=N_("One head"),
        description=N_(
            "One attention head chooses what to look at. From the same lecture; the "
            "sizes are MiniGPT's, the same for all models from the bigram to the transformer."
        ),
        config=SINGLE_HEAD,
    ),
    "multi-head": Preset(
        title=N_("Several heads"),
        description=N_(
            "Four heads of a quarter of the width look for four things at once. From "
            "the same lecture, at the sizes of the models around it."
        ),
        config=MULTI_HEAD,
    ),
    "transformer": Preset(
        title=N_("Transformer"),
        description=N_(
            "Three small blocks of attention and feed-forward on top of each other. "
            "From the same lecture, at the sizes of the models before it."
        ),
        config=TRANSFORMER,
    ),
    "lecture-gpt": Preset(
        title=N_("Lecture GPT"),
        description=N_(
            "A GPT built by hand: four layers of four heads, 5,000 small steps at a "
            "constant learning rate. The sizes are those of the same lecture."
        ),
        config=LECTURE_GPT,
    ),
    "gpt-large": Preset(
        title=N_("Large"),
        description=N_(
            "Ten layers of 512 channels, which need a graphics card: hours on an ordinary "
            "processor. The sizes are those of a reader's longest run of the same lecture."
        ),
        config=GPT_LARGE,
    ),
    "gpt2-small": Preset(
        title=N_("GPT-2 small"),
        description=N_(
            "124 million parameters and GPT-2's own tokens, for a graphics card and a large text. "
            "The shape is the smallest of Radford et al. (2019)."
        ),
        config=GPT2_SMALL,
    ),
}


def preset_named(name: str) -> Preset:
    """The preset with this key.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in PRESETS:
        raise ConfigurationError(
            "There is no preset called {name!r}. Choose one of {presets}.",
            field="preset",
            name=name,
            presets=", ".join(PRESETS),
        )
    return PRESETS[name]


TEXT = ("corpus.name", "corpus.path", "corpus.sha256")


def nearest_preset(config: RunConfig) -> str:
    """The preset that `config` differs from in the fewest settings."""
    return min(PRESETS, key=lambda name: len(differences(PRESETS[name].config, config)))


def differences(before: RunConfig, after: RunConfig) -> dict[str, object]:
    """The settings that `after` has otherwise than `before`, by path.

    Which text it is and what a run begins with are left out.
    """
    old = _unchanged(before, after.rung)
    return {
        path: value
        for path, value in _settings(after).items()
        if old.get(path) != value and path not in TEXT and not path.startswith("start.")
    }


@lru_cache(maxsize=256)  # a form compares one with all presets, several times while it is drawn
def _settings(config: RunConfig) -> Mapping[str, object]:
    return flatten_settings(config.to_dict())


@lru_cache(maxsize=256)  # each preset beside each rung
def _unchanged(before: RunConfig, rung: str) -> Mapping[str, object]:
    """The settings from which differences to a configuration with that rung count."""
    if before.rung == rung:
        return _settings(before)
    # Another rung starts from its own defaults, so those are what counts as unchanged.
    return flatten_settings(before.changed({"model.rung": rung}).to_dict()) | {
        "model.rung": before.rung
    }
