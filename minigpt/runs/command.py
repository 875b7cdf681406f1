"""The command line that starts the same run as a form does."""

import shlex

from minigpt.runs.config import RunConfig
from minigpt.runs.presets import preset_named


def equivalent_command(preset: str, config: RunConfig) -> str:
    """The `train` command that means `config`, as short as the preset allows.

    Raises:
        ConfigurationError: the preset is unknown.
    """
    words = ["python", "-m", "minigpt", "train", "--preset", preset]
    words += ["--corpus", config.corpus.name]
    for path, value in differences(preset_named(preset).config, config).items():
        words += ["--seed", str(value)] if path == "seed" else ["--set", f"{path}={value}"]
    return shlex.join(words)


def differences(before: RunConfig, after: RunConfig) -> dict[str, object]:
    """The settings that `after` has otherwise than `before`, by path; the text is left out."""
    old, new = _flat(before), _flat(after)
    if before.rung != after.rung:
        # Another rung starts from its own defaults, so those are what counts as unchanged.
        old = _flat(before.changed({"model.rung": after.rung}))
        old["model.rung"] = before.rung
    return {
        path: value
        for path, value in new.items()
        if old.get(path) != value and not path.startswith("corpus.")
    }


def _flat(config: RunConfig) -> dict[str, object]:
    flat: dict[str, object] = {}
    for section, values in config.to_dict().items():
        if isinstance(values, dict):
            flat |= {f"{section}.{name}": value for name, value in values.items()}
        elif section != "version":
            flat[section] = values
    return flat
