"""In what the settings of several runs differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from minigpt.errors import ConfigurationError
from minigpt.runs.config import RunConfig, flatten_settings

SEED = "seed"
CHECKSUM = "corpus.sha256"
SHOWN_OF_CHECKSUM = 8
UNSEEN = frozenset({"version", CHECKSUM})
"""What nobody chooses."""

Value = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One setting that is not the same in all runs."""

    setting: str
    """Its path, such as "training.steps"."""
    values: Mapping[str, Value]
    """By run; None where a run has no such setting, as a bigram has no width, or none is set."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """All settings in which runs differ, in the order in which configurations list them."""

    differences: tuple[Difference, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the runs have the same settings."""
        return not self.differences

    @property
    def is_seed_only(self) -> bool:
        """Whether chance is all that tells the runs apart."""
        return [one.setting for one in self.differences] == [SEED]


def differing_settings(configs: Mapping[str, Mapping[str, Any]]) -> Comparison:
    """The settings in which runs differ.

    A setting that an older file does not have counts with its default, or every new setting would
    make old runs look different. Of a damaged file counts what can be read.

    Args:
        configs: each run's config.json, by run.
    """
    settings = {
        run: {
            path: _comparable(value) for path, value in flatten_settings(_complete(config)).items()
        }
        for run, config in configs.items()
    }
    paths = dict.fromkeys(path for found in settings.values() for path in found)
    rows = {path: {run: found.get(path) for run, found in settings.items()} for path in paths}
    if not _differ(rows.get("corpus.name", {})) and _are_other_texts(rows.get(CHECKSUM, {})):
        rows["corpus"] = {run: _shortened(value) for run, value in rows[CHECKSUM].items()}
    return Comparison(
        differences=tuple(
            Difference(setting=path, values=values)
            for path, values in rows.items()
            if path not in UNSEEN and _differ(values)
        )
    )


def _differ(values: Mapping[str, Value]) -> bool:
    return len(set(values.values())) > 1


def _are_other_texts(checksums: Mapping[str, Value]) -> bool:
    # A run that was not started by a launcher has none, which says nothing about its text.
    return len(set(checksums.values()) - {"", None}) > 1


def _shortened(checksum: Value) -> Value:
    return str(checksum or "")[:SHOWN_OF_CHECKSUM] or None


def _complete(config: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return RunConfig.from_dict(dict(config)).to_dict()
    except (ConfigurationError, TypeError):  # a damaged file, or one of another version
        return config


def _comparable(value: object) -> Value:
    return value if value is None or isinstance(value, str | int | float) else repr(value)
