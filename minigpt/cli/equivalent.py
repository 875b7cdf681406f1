"""The command line that starts the same run as a form does."""

import shlex

from minigpt.runs.config import RunConfig
from minigpt.runs.presets import differences, preset_named

COMMANDS = {"fork": "fork", "fine_tune": "finetune"}


def equivalent_command(preset: str, config: RunConfig) -> str:
    """The `train` command that means `config`, as short as the preset allows.

    Raises:
        ConfigurationError: the preset is unknown.
    """
    words = ["python", "-m", "minigpt", "train", "--preset", preset]
    words += ["--corpus", config.corpus.name]
    return shlex.join([*words, *_settings(differences(preset_named(preset).config, config))])


def derived_command(source: RunConfig, config: RunConfig) -> str:
    """The `fork` or `finetune` command that means `config`, which begins with a run's weights.

    Args:
        source: the settings of that run.
        config: what `minigpt.runs.warm_start.warm_start_config` made of them.
    """
    start = config.start
    words = ["python", "-m", "minigpt", COMMANDS[start.kind], start.run, "--step", str(start.step)]
    if start.kind == "fine_tune":
        words += ["--corpus", config.corpus.name]
    return shlex.join([*words, *_settings(differences(source, config))])


def _settings(changed: dict[str, object]) -> list[str]:
    words: list[str] = []
    for path, value in changed.items():
        words += ["--seed", str(value)] if path == "seed" else ["--set", f"{path}={value}"]
    return words
