"""Which saved step is meant where nobody names one: everywhere the same, and said in words.

The best on validation, of the steps that were trained: never step 0, the beginning, unless it is
asked for or nothing else is there. Knows no torch.
"""

from collections.abc import Sequence

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.errors import RunError
from minigpt.sentences import Sentence


def nearest_kept(kept: Sequence[int], step: int) -> int:
    """The kept step nearest to another one; the earlier of two that are equally far.

    >>> nearest_kept([0, 4, 13], 9)
    13
    """
    return min(kept, key=lambda one: (abs(one - step), one))


def choose_from(saved: Sequence[Checkpoint], step: int | None) -> Checkpoint:
    """The checkpoint of `step`; without a step, the best on validation.

    Where no step but the first was judged it is the last one that was saved.

    Args:
        saved: all that there are, earliest first.
        step: the one that was asked for, if any was.

    Raises:
        RunError: nothing is saved yet, or not at that step.
    """
    if not saved:
        raise RunError("This run has saved no weights yet; wait for its first checkpoint.")
    if step is None:
        judged = [one for one in saved if one.step and one.validation_loss is not None]
        return min(judged, key=_loss) if judged else saved[-1]
    for checkpoint in saved:
        if checkpoint.step == step:
            return checkpoint
    steps = ", ".join(str(checkpoint.step) for checkpoint in saved)
    raise RunError(
        "Nothing was saved at step {step}. Saved steps: {steps}.", step=step, steps=steps
    )


def choice_in_words(saved: Sequence[Checkpoint]) -> Sentence:
    """Why a step was taken that nobody named, for people who should know which one it is."""
    chosen = choose_from(saved, None)
    if not chosen.step:
        return Sentence("Step 0 is taken: nothing else of this run is saved.")
    if chosen.validation_loss is None:
        return Sentence(
            "Step {step:,} is taken, the last that is saved: none was judged on validation.",
            step=chosen.step,
        )
    first = saved[0]
    if not first.step and first.validation_loss is not None and _loss(first) < _loss(chosen):
        return Sentence(
            "Step {step:,} is taken, the best on validation (loss {loss:.4f}) of all after step 0, "
            "which had {first:.4f}: training has made this model worse.",
            step=chosen.step,
            loss=chosen.validation_loss,
            first=first.validation_loss,
        )
    return Sentence(
        "Step {step:,} is taken, the best on validation (loss {loss:.4f}).",
        step=chosen.step,
        loss=chosen.validation_loss,
    )


def _loss(checkpoint: Checkpoint) -> float:
    return checkpoint.validation_loss or 0.0
