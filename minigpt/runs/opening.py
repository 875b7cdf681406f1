"""A trained model with its tokenizer, out of a run directory."""

from collections.abc import Sequence
from dataclasses import dataclass

from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
from minigpt.checkpoints.weights import load_weights
from minigpt.errors import RunError
from minigpt.models.build import build_model
from minigpt.models.language_model import LanguageModel
from minigpt.runs.directory import RunDirectory
from minigpt.tokenizers import Tokenizer


@dataclass(frozen=True)
class TrainedModel:
    """A model in eval mode at one step of its training; shared by readers, changed by none."""

    model: LanguageModel
    tokenizer: Tokenizer
    checkpoint: Checkpoint

    def continuation(self, prompt: Sequence[int], drawn: Sequence[int]) -> str:
        """The text that drawn ids add to a prompt.

        Decoded together: where tokens stand for words or for parts of a character, the text of
        the drawn ids depends on what stands before them.
        """
        whole = self.tokenizer.decode([*prompt, *drawn])
        return whole[len(self.tokenizer.decode(prompt)) :]


def open_model(run: RunDirectory, *, step: int | None = None) -> TrainedModel:
    """The model of a run at `step`, or at its best step.

    Raises:
        RunError: nothing is saved yet, or not at that step.
        CheckpointError: the weights are damaged.
    """
    checkpoint = choose_checkpoint(run, step)
    tokenizer = run.tokenizer()
    model = build_model(run.config().model, vocabulary_size=tokenizer.vocabulary_size)
    load_weights(run.weights, checkpoint, model)
    return TrainedModel(model.eval(), tokenizer, checkpoint)


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
