"""A trained model with its tokenizer, out of a run directory."""

from collections.abc import Sequence
from dataclasses import dataclass

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.checkpoints.weights import load_weights
from minigpt.models.build import build_model
from minigpt.models.language_model import LanguageModel
from minigpt.runs.directory import RunDirectory, choose_checkpoint
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
