import pytest

from minigpt.errors import ConfigurationError
from minigpt.jobs.worker import tensorboard
from minigpt.jobs.worker.tensorboard import open_event_files, require_tensorboard
from minigpt.runs.records import MetricRow


def test_numbers_can_be_read_back(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    files = open_event_files(tmp_path)
    files.write(MetricRow(step=3, train_loss=2.5, seconds=1.0))
    files.write(MetricRow(step=4, train_loss=2.25, validation_loss=2.75, seconds=2.0))
    read = EventAccumulator(str(tmp_path / tensorboard.FOLDER)).Reload()
    assert [(one.step, one.value) for one in read.Scalars("train_loss")] == [(3, 2.5), (4, 2.25)]
    assert [(one.step, one.value) for one in read.Scalars("validation_loss")] == [(4, 2.75)]
    assert "seconds" not in read.Tags()["scalars"]


def test_without_tensorboard_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tensorboard, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="pip install tensorboard") as refusal:
        require_tensorboard()
    assert refusal.value.field == "logging.tensorboard"
