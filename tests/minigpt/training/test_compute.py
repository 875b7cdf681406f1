import subprocess
import sys

import pytest

from minigpt.errors import ConfigurationError
from minigpt.training.config import COMPUTE_CHOICES, ComputeConfig


@pytest.mark.parametrize("name", COMPUTE_CHOICES)
def test_what_cannot_be_chosen_is_refused(unchecked_types, name):
    with pytest.raises(ConfigurationError, match="choose one of") as refusal:
        ComputeConfig(**{name: "other"})
    assert refusal.value.field == f"compute.{name}"


@pytest.mark.parametrize(("name", "value"), [("threads", -1), ("threads", 1025), ("processes", 0)])
def test_numbers_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigurationError, match="must lie between") as refusal:
        ComputeConfig(**{name: value})
    assert refusal.value.field == f"compute.{name}"


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_float16_needs_a_card_that_scales_gradients(device):
    with pytest.raises(ConfigurationError, match="float16 needs a cuda device"):
        ComputeConfig(device=device, precision="float16")


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.training.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
