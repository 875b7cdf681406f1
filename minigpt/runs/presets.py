"""Ready-made settings, each with the reason it exists and where it comes from."""

from dataclasses import dataclass

from minigpt.errors import ConfigurationError
from minigpt.runs import recipes
from minigpt.runs.config import RunConfig


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
        description="A small modern GPT that turns noise into words in well under a minute on two "
        "processor cores. The recipe is MiniGPT's own.",
        config=recipes.QUICK,
    ),
    "strong": Preset(
        title="Strong",
        description="Twice as wide and deep as Quick, with twice the context, for a minute and a "
        "half of patience on two processor cores. The recipe is MiniGPT's own.",
        config=recipes.STRONG,
    ),
    "tinygpt-words": Preset(
        title="Whole words",
        description="A very small GPT that reads whole words of short sentences. The sizes are "
        "those of TinyGPT, a first GPT written for learners.",
        config=recipes.WORDS,
    ),
    "bigram": Preset(
        title="Bigram",
        description="A table of which character follows which: how far one character of memory "
        "gets you. The first model of Andrej Karpathy's lecture Let's build GPT (2023).",
        config=recipes.BIGRAM,
    ),
    "averaging": Preset(
        title="Averaging",
        description="Looks at all the past at once, without choosing: worse than the bigram, and "
        "the reason for attention. From the same lecture, at the sizes of the rungs around it.",
        config=recipes.AVERAGING,
    ),
    "single-head": Preset(
        title="One head",
        description="One attention head chooses what to look at. From the same lecture; the "
        "sizes are MiniGPT's, the same for all rungs up to the transformer.",
        config=recipes.SINGLE_HEAD,
    ),
    "multi-head": Preset(
        title="Several heads",
        description="Four heads of a quarter of the width look for four things at once. From "
        "the same lecture, at the sizes of the rungs around it.",
        config=recipes.MULTI_HEAD,
    ),
    "transformer": Preset(
        title="Transformer",
        description="Three small blocks of attention and feed-forward on top of each other. "
        "From the same lecture, at the sizes of the rungs before it.",
        config=recipes.TRANSFORMER,
    ),
    "lecture-gpt": Preset(
        title="Lecture GPT",
        description="A GPT built by hand: four layers of four heads, 5,000 small steps at a "
        "constant learning rate. The sizes are those of the same lecture.",
        config=recipes.LECTURE_GPT,
    ),
    "gpt-large": Preset(
        title="Large",
        description="Ten layers of 512 channels, which need a graphics card: hours on an ordinary "
        "processor. The sizes are those of a reader's longest run of the same lecture.",
        config=recipes.GPT_LARGE,
    ),
    "gpt2-small": Preset(
        title="GPT-2 small",
        description="124 million parameters and GPT-2's own tokens, for a graphics card and a "
        "large text. The shape is the smallest of Radford et al. (2019).",
        config=recipes.GPT2_SMALL,
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
