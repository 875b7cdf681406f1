"""Which saved moment of a run is meant. Knows no torch."""

from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
from minigpt.errors import RunError
from minigpt.runs.directory import RunDirectory


def choose_checkpoint(run: RunDirectory, step: int | None) -> Checkpoint:
    """The checkpoint of `step`; without a step, the one with the lowest validation loss.

    Raises:
        RunError: nothing is saved yet, or not at that step.
    """
    saved = list_checkpoints(run.weights)
    if not saved:
        raise RunError("This run has saved no weights yet; wait for its first checkpoint.")
    if step is not None:
        for checkpoint in saved:
            if checkpoint.step == step:
                return checkpoint
        steps = ", ".join(str(checkpoint.step) for checkpoint in saved)
        raise RunError(f"Nothing was saved at step {step}. Saved steps: {steps}.")
    judged = [checkpoint for checkpoint in saved if checkpoint.validation_loss is not None]
    return min(judged, key=lambda one: one.validation_loss or 0.0) if judged else saved[-1]
