"""A run's model, its training and its writing as one readable file, with its weights beside it."""

from pathlib import Path

from minigpt.errors import ConfigurationError
from minigpt.files import explained, write_atomically
from minigpt.interop.single_file import Origin, single_file
from minigpt.interop.state_dict import state_dict_bytes
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import open_model


def write_single_file(run: RunDirectory, path: Path, step: int | None = None) -> Path:
    """Write the file, and the weights of `step`, or of the best step, under the same name.

    Args:
        run: Whose model it is; its tokens are characters or bytes.
        path: A new file that ends in .py.
        step: A saved step.

    Returns:
        Where the weights are.

    Raises:
        RunError: nothing is saved yet, or not at that step.
        CheckpointError: the weights are damaged.
        ConfigurationError: the name does not end in .py, one of the files is there already or
            cannot be written, or the run's tokens are of another kind.
    """
    weights = path.with_suffix(".pt")
    _require_new(path, weights)
    opened, config = open_model(run, step=step), run.config()
    origin = Origin(
        run=run.id,
        file=path.name,
        step=opened.checkpoint.step,
        seed=config.seed,
        steps=config.training.steps,
    )
    text = single_file(config.model, config.rung, opened.tokenizer, config.training, origin)
    encoded = state_dict_bytes(opened.model)
    with explained(
        "{path} cannot be written: {reason}. Choose a folder that is there and has room.",
        kind=ConfigurationError,
        path=path,
    ):
        write_atomically(weights, lambda file: file.write(encoded))
        write_atomically(path, lambda file: file.write(text.encode("utf-8")))
    return weights


def _require_new(path: Path, weights: Path) -> None:
    if path.suffix != ".py":
        raise ConfigurationError(
            "{path} does not end in .py, as a file of Python does. Choose a name such as model.py.",
            path=path,
        )
    for one in (path, weights):
        if one.exists():
            raise ConfigurationError(
                "{path} exists already. Choose another name, or remove it.", path=one
            )
