import dataclasses
import subprocess
import sys

import pytest

from minigpt.training.progress import Progress


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
