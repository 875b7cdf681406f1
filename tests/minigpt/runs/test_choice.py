import subprocess
import sys

import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import RunError
from minigpt.runs.directory import choose_checkpoint


def test_the_step_that_is_named_is_meant(trained):
    for checkpoint in list_checkpoints(trained.weights):
        assert choose_checkpoint(trained, checkpoint.step) == checkpoint


def test_without_a_step_the_one_with_the_lowest_validation_loss_is_meant(trained):
    losses = {
        one.step: one.validation_loss
        for one in list_checkpoints(trained.weights)
        if one.validation_loss is not None
    }
    assert choose_checkpoint(trained, None).step == min(losses, key=losses.get)


def test_a_step_that_was_not_saved_is_refused_with_those_that_were(trained):
    with pytest.raises(RunError, match=r"Nothing was saved at step 11\. Saved steps: 0, "):
        choose_checkpoint(trained, 11)


def test_a_run_without_weights_says_so(run):
    with pytest.raises(RunError, match="has saved no weights yet"):
        choose_checkpoint(run, None)


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.runs.directory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
