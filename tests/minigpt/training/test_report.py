from typing import get_args

from minigpt.jobs.worker.session import ENDINGS
from minigpt.training.progress import Ending, StepReport


def test_most_steps_are_not_the_last():
    report = StepReport(
        step=1, train_loss=3.0, validation_loss=None, learning_rate=0.1, gradient_norm=1.0,
        tokens_seen=8,
    )  # fmt: skip
    assert report.ending is None


def test_every_ending_can_be_told_to_people():
    assert set(get_args(Ending)) == set(ENDINGS)
