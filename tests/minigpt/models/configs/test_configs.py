import dataclasses
import subprocess
import sys

import pytest

from minigpt.errors import ConfigurationError
from minigpt.models import LADDER
from minigpt.models.configs import GPTConfig, MultiHeadConfig, TransformerConfig, base, gpt

CHOICES = gpt.CHOICES
LARGEST = base.LARGEST | gpt.LARGEST_NGRAMS

SIZES = [
    (rung, field.name)
    for rung, entry in LADDER.items()
    for field in dataclasses.fields(entry.config)
    if field.name in LARGEST
]
# Values beside the tested one, so that the width can be shared.
BESIDE = {"num_heads": {"width": LARGEST["num_heads"]}, "width": {"num_heads": 1}}


@pytest.mark.parametrize(("rung", "name"), SIZES)
def test_sizes_out_of_range_are_refused(rung, name):
    for value in (0, -1, LARGEST[name] + 1):
        with pytest.raises(ConfigurationError, match=f"is {value}; it must lie between") as refusal:
            LADDER[rung].config(**{name: value})
        assert refusal.value.field == f"model.{name}"
        assert name.replace("_", " ") in refusal.value.message


@pytest.mark.parametrize(("rung", "name"), SIZES)
def test_sizes_in_range_are_accepted(rung, name):
    known = {field.name for field in dataclasses.fields(LADDER[rung].config)}
    beside = {key: value for key, value in BESIDE.get(name, {}).items() if key in known}
    for value in (1, LARGEST[name]):
        assert getattr(LADDER[rung].config(**beside, **{name: value}), name) == value


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_checked(name):
    for value in CHOICES[name]:
        assert getattr(GPTConfig(**{name: value}), name) == value
    with pytest.raises(ConfigurationError, match=f"choose one of {CHOICES[name][0]}") as refusal:
        GPTConfig(**{name: "best"})
    assert refusal.value.field == f"model.{name}"


@pytest.mark.parametrize("dropout", [-0.1, 0.95, float("nan")])
def test_dropout_is_checked(dropout):
    with pytest.raises(ConfigurationError, match="dropout"):
        GPTConfig(dropout=dropout)


@pytest.mark.parametrize("kind", [MultiHeadConfig, TransformerConfig, GPTConfig])
def test_heads_must_share_the_width_equally(kind):
    with pytest.raises(ConfigurationError, match="multiple of 3") as refusal:
        kind(width=32, num_heads=3)
    assert refusal.value.field == "model.width"


def test_rotary_positions_need_pairs():
    with pytest.raises(ConfigurationError, match="each head has 3"):
        GPTConfig(width=12, num_heads=4, position="rotary")
    assert GPTConfig(width=12, num_heads=4, position="learned").head_size == 3


@pytest.mark.parametrize("rung", LADDER)
def test_a_configuration_cannot_change(rung):
    config = LADDER[rung].config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.context_length = 3


@pytest.mark.parametrize("module", ["minigpt.models", "minigpt.models.configs"])
def test_importing_it_does_not_import_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
