"""The ladder of models, weakest first. A new rung is a file, its config and one entry here.

Importing this package does not import torch; `minigpt.models.build` does.

language_model  what every rung is: tokens in, logits out
ladder          one file a rung
layers          the parts that rungs are made of
configs         the shape of every rung
anatomy         every part of a model by its configuration
build           from a configuration to a model
"""

from dataclasses import dataclass
from typing import Any

from minigpt.errors import ConfigurationError
from minigpt.models.configs import (
    AveragingConfig,
    BigramConfig,
    GPTConfig,
    MultiHeadConfig,
    SingleHeadConfig,
    TransformerConfig,
)
from minigpt.models.configs import ModelConfig as ModelConfig
from minigpt.sentences import N_


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One kind of model, and what it adds to the rung below."""

    title: str
    description: str
    config: type[ModelConfig]
    model: str
    """Where its class lives, "module:name"; resolved when one is built."""


LADDER: dict[str, Rung] = {
    "bigram": Rung(
        title=N_("Bigram"),
        description=N_(
            "Looks at one token and reads the odds of the next from a table. "
            "It learns which token follows which, and forgets everything before."
        ),
        config=BigramConfig,
        model="minigpt.models.ladder.bigram:Bigram",
    ),
    "averaging": Rung(
        title=N_("Averaging"),
        description=N_(
            "Gathers from the whole past, but every token of it weighs the same. "
            "It knows which tokens came before and not which came last, so it guesses worse than "
            "the bigram: what to look at has to be learnt."
        ),
        config=AveragingConfig,
        model="minigpt.models.ladder.averaging:Averaging",
    ),
    "single_head": Rung(
        title=N_("Single head"),
        description=N_(
            "One attention head weighs the past: each token asks a question, and the tokens "
            "before it that fit count for more. Learned positions tell it where each of them "
            "stands."
        ),
        config=SingleHeadConfig,
        model="minigpt.models.ladder.single_head:SingleHead",
    ),
    "multi_head": Rung(
        title=N_("Several heads"),
        description=N_(
            "Splits the width among several heads, so that one position can look for several "
            "things at once. A last map joins what they found."
        ),
        config=MultiHeadConfig,
        model="minigpt.models.ladder.multi_head:MultiHead",
    ),
    "transformer": Rung(
        title=N_("Transformer"),
        description=N_(
            "Adds a feed-forward part that works on what attention found, and LayerNorm to keep "
            "numbers at a steady size. Residual connections let each block add to the one before, "
            "so that blocks can be stacked."
        ),
        config=TransformerConfig,
        model="minigpt.models.ladder.transformer:Transformer",
    ),
    "gpt": Rung(
        title=N_("GPT"),
        description=N_(
            "Stacks blocks of attention and feed-forward, so that every guess can draw on "
            "the whole context. With depth, later blocks work on what earlier ones have found."
        ),
        config=GPTConfig,
        model="minigpt.models.ladder.gpt:GPT",
    ),
}


def rung_of(config: ModelConfig) -> str:
    """The key in LADDER that a configuration belongs to."""
    return next(name for name, rung in LADDER.items() if rung.config is type(config))


def rung_named(name: Any) -> Rung:
    """The rung with this key.

    Raises:
        ConfigurationError: there is none.
    """
    if not isinstance(name, str) or name not in LADDER:
        raise ConfigurationError(
            "There is no model called {name!r}. Choose one of {ladder}.",
            field="model.rung",
            name=name,
            ladder=", ".join(LADDER),
        )
    return LADDER[name]
