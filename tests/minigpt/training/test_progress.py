import dataclasses
import subprocess
import sys
from typing import get_args

import pytest

from minigpt.jobs.worker.session import ENDINGS
from minigpt.training.progress import Ending, Progress, StepReport


def test_a_training_begins_at_nothing():
    assert dataclasses.asdict(Progress()) == {
        "step": 0,
        "seconds": 0.0,
        "tokens_seen": 0,
        "best_loss": None,
        "evaluations_since_best": 0,
    }


def test_progress_is_replaced_and_never_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Progress().step = 1


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.training.progress; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_most_steps_are_not_the_last():
    report = StepReport(
        step=1, train_loss=3.0, validation_loss=None, learning_rate=0.1, gradient_norm=1.0,
        tokens_seen=8,
    )  # fmt: skip
    assert report.ending is None


def test_every_ending_can_be_told_to_people():
    assert set(get_args(Ending)) == set(ENDINGS)
