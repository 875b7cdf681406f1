"""The settings that the arguments of `train`, `fork` and `finetune` name."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from minigpt.corpora import add_file
from minigpt.corpora.large_files import is_large
from minigpt.errors import ConfigurationError
from minigpt.runs.naming import slug


def requested_changes(chosen: Namespace) -> dict[str, Any]:
    """What differs from the preset or run that one begins with, by path such as "training.steps".

    A text file that is named becomes one of the texts, unless it is large.

    Raises:
        ConfigurationError: an assignment has no value.
        CorpusError: the text file cannot be read.
    """
    changes: dict[str, Any] = {}
    if getattr(chosen, "file", None):  # `fork` keeps its text
        changes |= _text_file(Path(chosen.file))
    if getattr(chosen, "corpus", None):
        changes["corpus.name"] = chosen.corpus
    for assignment in chosen.set:
        path, equals, value = assignment.partition("=")
        if not equals:
            raise ConfigurationError(
                f"--set {assignment!r} has no value. Write it as section.field=value."
            )
        changes[path.strip()] = value.strip()
    if chosen.seed is not None:
        changes["seed"] = chosen.seed
    return changes


def _text_file(path: Path) -> dict[str, Any]:
    if is_large(path):
        return {"corpus.name": slug(path.stem), "corpus.path": str(path.resolve())}
    return {"corpus.name": add_file(path).name}
