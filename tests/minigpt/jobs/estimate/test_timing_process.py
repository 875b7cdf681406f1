import json
import os
import time
from dataclasses import fields
from functools import partial

import pytest

from minigpt.jobs.estimate import timing
from minigpt.jobs.estimate.measurements import Calibration, result_from
from minigpt.jobs.estimate.timing import Budgets
from minigpt.jobs.estimate.timing_process import main, time_parts

quick = partial(time_parts, budgets=Budgets(probe=0, steps=0, sample=0, idle=0))


@pytest.fixture(autouse=True)
def as_nice_as_before(monkeypatch):
    """This process goes on with other tests."""
    monkeypatch.setattr(os, "nice", lambda _: 0, raising=False)


@pytest.fixture
def answer(capsys):
    """A function that sends a request and returns the exit code and the answer."""

    def ask(config, timing=quick):
        request = {"config": config.to_dict(), "vocabulary_size": 24, "at": time.time()}
        code = main([json.dumps(request)], timing=timing)
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
def test_what_goes_wrong_is_the_answer(tiny, answer, error):
    def fail(request):
        raise error

    code, said = answer(tiny, fail)
    assert code == 1
    assert said["problem"]
    assert result_from(said).problem == said["problem"]


def test_a_fault_of_the_program_is_not_hidden(tiny, answer):
    def fail(request):
        raise KeyError("step")

    with pytest.raises(KeyError):
        answer(tiny, fail)
