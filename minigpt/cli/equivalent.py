"""The command line that starts the same run as a form does."""

import shlex

from minigpt.runs.config import RunConfig, flattened
from minigpt.runs.presets import PRESETS, preset_named

TEXT = ("corpus.name", "corpus.path", "corpus.sha256")
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
        config: what `minigpt.runs.derive.derived_config` made of them.
    """
    start = config.start
    words = ["python", "-m", "minigpt", COMMANDS[start.kind], start.run, "--step", str(start.step)]
    if start.kind == "fine_tune":
        words += ["--corpus", config.corpus.name]
    return shlex.join([*words, *_settings(differences(source, config))])


def nearest_preset(config: RunConfig) -> str:
    """The preset that `config` differs from in the fewest settings."""
    return min(PRESETS, key=lambda name: len(differences(PRESETS[name].config, config)))


def differences(before: RunConfig, after: RunConfig) -> dict[str, object]:
    """The settings that `after` has otherwise than `before`, by path.

    Which text it is and what a run begins with are left out.
    """
    old, new = flattened(before.to_dict()), flattened(after.to_dict())
    if before.rung != after.rung:
        # Another rung starts from its own defaults, so those are what counts as unchanged.
        old = flattened(before.changed({"model.rung": after.rung}).to_dict())
        old["model.rung"] = before.rung
    return {
        path: value
        for path, value in new.items()
        if old.get(path) != value and path not in TEXT and not path.startswith("start.")
    }


def _settings(changed: dict[str, object]) -> list[str]:
    words: list[str] = []
    for path, value in changed.items():
        words += ["--seed", str(value)] if path == "seed" else ["--set", f"{path}={value}"]
    return words
