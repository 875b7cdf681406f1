"""One rule for which saved step is meant, and the words that say so."""

import pytest

from minigpt.checkpoints.choice import choice_in_words, choose_from
from minigpt.checkpoints.manifest import Checkpoint
from minigpt.errors import RunError


def saved(**losses):
    """Checkpoints of these steps (s0, s5 ...) with their validation losses."""
    return [
        Checkpoint(
            step=int(name[1:]), file=f"{name}.safetensors", bytes=1, sha256="", validation_loss=loss
        )
        for name, loss in losses.items()
    ]


@pytest.mark.parametrize(
    ("steps", "expected", "words"),
    [
        (
            saved(s0=4.0, s5=2.5, s9=2.75),
            5,
            "Step 5 is taken, the best on validation (loss 2.5",
        ),
        (
            saved(s0=None, s5=0.0, s9=0.5),
            5,
            "the best on validation (loss 0.0000).",
        ),
        (saved(s0=4.0, s5=None, s9=None), 9, "Step 9 is taken, the last that is saved"),
        (saved(s0=4.0, s5=5.5, s9=7.0), 5, "training has made this model worse"),
        (saved(s0=4.0), 0, "Step 0 is taken: nothing else of this run is saved."),
        (saved(s0=None), 0, "Step 0 is taken"),
    ],
)
def test_the_best_on_validation_is_meant_and_never_the_beginning(steps, expected, words):
    assert choose_from(steps, None).step == expected
    assert words in choice_in_words(steps)


def test_the_step_that_is_asked_for_is_meant_even_the_beginning():
    steps = saved(s0=4.0, s5=2.5)
    assert choose_from(steps, 0).step == 0
    with pytest.raises(RunError, match=r"Nothing was saved at step 3\. Saved steps: 0, 5"):
        choose_from(steps, 3)


def test_where_nothing_is_saved_there_is_nothing_to_choose():
    for step in (None, 0):
        with pytest.raises(RunError, match="saved no weights yet"):
            choose_from([], step)
