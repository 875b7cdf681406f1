import dataclasses
import math
import subprocess
import sys

import pytest

from minigpt.errors import ConfigurationError
from minigpt.training.config import RANGES, TrainingConfig


def test_every_setting_has_a_range():
    assert set(RANGES) == {field.name for field in dataclasses.fields(TrainingConfig)}


@pytest.mark.parametrize("name", RANGES)
def test_the_ends_of_a_range_belong_to_it(name):
    kind = type(getattr(TrainingConfig(), name))
    for end in RANGES[name]:
        assert getattr(TrainingConfig(**{name: kind(end)}), name) == end


@pytest.mark.parametrize("name", RANGES)
def test_beyond_the_range_is_refused(name):
    kind = type(getattr(TrainingConfig(), name))
    smallest, largest = RANGES[name]
    beyond = [kind(smallest - 1), kind(largest * 2)]
    if kind is float:
        beyond += [math.nan, math.inf]
    for value in beyond:
        with pytest.raises(ConfigurationError, match="must lie between") as refusal:
            TrainingConfig(**{name: value})
        assert refusal.value.field == f"training.{name}"
        assert refusal.value.message.startswith(name.replace("_", " "))


def test_a_configuration_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().steps = 3


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.training.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
