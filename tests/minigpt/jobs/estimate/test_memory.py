import platform
import subprocess

import pytest

from minigpt.errors import ConfigurationError
from minigpt.jobs.estimate.calibration import TOO_LARGE, calibrate, calibrate_in_background
from minigpt.jobs.estimate.measurements import NOTHING, recorded_result
from minigpt.jobs.estimate.memory import fits_memory, host_bytes, memory_bytes, require_memory
from minigpt.runs.presets import PRESETS
from tests.minigpt.jobs.estimate.measured import TEXT

HUGE = PRESETS["quick"].config.changed(
    {
        "model.width": 4096,
        "model.num_layers": 24,
        "model.num_heads": 32,
        "model.context_length": 1024,
        "training.batch_size": 64,
    }
)
LARGEST_MACHINE = 200_000_000_000


@pytest.fixture(autouse=True)
def _no_graphics(this_machine):
    this_machine()


@pytest.fixture
def begun(monkeypatch):
    """The processes that were started to time steps; none answers."""
    found = []
    platform.processor()  # asked for the first time, it starts a process of its own

    def run(command, **_):
        found.append(command)
        raise OSError

    monkeypatch.setattr(subprocess, "run", run)
    return found


def test_what_fits_to_the_byte_is_let_through_and_one_byte_less_is_refused(tiny):
    needed = memory_bytes(tiny, TEXT)
    require_memory(tiny, TEXT, free=lambda: needed)
    with pytest.raises(ConfigurationError):
        require_memory(tiny, TEXT, free=lambda: needed - 1)
    require_memory(tiny, TEXT, free=lambda: needed - 1, held=1)


def test_the_refusal_names_what_is_needed_what_is_free_and_what_helps():
    with pytest.raises(ConfigurationError) as refused:
        require_memory(HUGE, TEXT, free=lambda: 25_300_000_000)
    words = refused.value.message
    assert refused.value.field == "training.batch_size"
    assert f"{memory_bytes(HUGE, TEXT) / 1e9:,.1f} GB" in words
    assert "25.3 GB are free" in words
    for setting in ("batch than 64", "gradient accumulation", "layers", "width", "context shorter"):
        assert setting in words


def test_where_nobody_can_tell_nothing_is_refused():
    assert fits_memory(HUGE, TEXT, free=lambda: None)
    require_memory(HUGE, TEXT, free=lambda: None)


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_what_lies_on_a_graphics_card_does_not_count(device):
    on_card = HUGE.changed({"compute.device": device})
    assert host_bytes(on_card, TEXT) < 1e9 < host_bytes(HUGE, TEXT)


def test_no_step_is_timed_of_what_does_not_fit(begun):
    small = {"vocabulary_size": 65, "free": lambda: LARGEST_MACHINE}
    assert calibrate(HUGE, **small).problem == TOO_LARGE
    assert not calibrate_in_background(HUGE, **small)
    assert begun == []
    assert recorded_result(HUGE, vocabulary_size=65) == NOTHING


def test_a_step_is_timed_of_what_fits(tiny, begun):
    calibrate(tiny, vocabulary_size=24, free=lambda: LARGEST_MACHINE)
    assert len(begun) == 1
