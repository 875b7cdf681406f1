import pytest

from minigpt.errors import ConfigurationError
from minigpt.runs.config import LoggingConfig, StartConfig


def test_a_start_from_another_run_names_it_and_a_fresh_one_names_none():
    assert StartConfig(kind="fork", run="a", step=3).run == "a"
    for wrong in ({"kind": "fork"}, {"kind": "fresh", "run": "a"}):
        with pytest.raises(ConfigurationError, match="together, or neither") as refusal:
            StartConfig(**wrong)
        assert refusal.value.field == "start.run"


def test_what_is_written_down_has_limits():
    with pytest.raises(ConfigurationError, match="must lie between 2 and 200"):
        LoggingConfig(checkpoints=1)
