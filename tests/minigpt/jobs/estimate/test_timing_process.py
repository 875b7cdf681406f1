import json
import os
import time
from dataclasses import fields

import pytest

from minigpt.jobs.estimate import timing, timing_process
from minigpt.jobs.estimate.measurements import Calibration, result_from
from minigpt.jobs.estimate.timing_process import main


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(os, "nice", lambda _: 0, raising=False)
    monkeypatch.setattr(timing, "IDLE_TIMEOUT_SECONDS", 0.0)
    for budget in ("PROBE_SECONDS", "STEPS_SECONDS", "SAMPLE_SECONDS"):
        monkeypatch.setattr(timing, budget, 0.0)


@pytest.fixture
def answer(capsys):
    """A function that sends a request and returns the exit code and the answer."""

    def ask(config):
        request = {"config": config.to_dict(), "vocabulary_size": 24, "at": time.time()}
        code = main([json.dumps(request)])
        (line,) = capsys.readouterr().out.splitlines()
        return code, json.loads(line)

    return ask


def test_it_answers_with_the_seconds_of_every_part(tiny, answer):
    code, said = answer(tiny)
    assert code == 0
    assert set(said["calibration"]) == {one.name for one in fields(Calibration)}
    assert result_from(said).calibration is not None
    assert said["calibration"]["base_bytes"] > 1e6
    assert said["answered_at"] <= time.time()


@pytest.mark.parametrize("others", [0.0, 5.0])
def test_it_says_whether_others_kept_the_machine_busy(tiny, answer, monkeypatch, others):
    monkeypatch.setattr(timing.OthersMeter, "_others", lambda _: others)
    code, said = answer(tiny.changed({"compute.threads": 1}))
    assert code == 0
    assert said["was_busy"] == (others > 0)
    record = result_from(said)
    assert record.was_busy == said["was_busy"]
    assert record.calibration.step_seconds > 0


def test_it_leaves_nothing_behind(tiny, answer, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    answer(tiny)
    assert not list((tmp_path / "scratch").iterdir())
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize(
    "error", [RuntimeError("not enough memory"), MemoryError(), OSError(28, "No space left")]
)
def test_what_goes_wrong_is_the_answer(tiny, answer, monkeypatch, error):
    def fail(request):
        raise error

    monkeypatch.setattr(timing_process, "_measured", fail)
    code, said = answer(tiny)
    assert code == 1
    assert said["problem"]
    assert result_from(said).problem == said["problem"]


def test_a_fault_of_the_program_is_not_hidden(tiny, answer, monkeypatch):
    def fail(request):
        raise KeyError("step")

    monkeypatch.setattr(timing_process, "_measured", fail)
    with pytest.raises(KeyError):
        answer(tiny)
