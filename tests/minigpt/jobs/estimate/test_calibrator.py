"""With real processes, except that the broken ones are other modules than the real one."""

import time

import pytest

from minigpt.jobs.estimate import calibration
from minigpt.jobs.estimate.calibration import (
    BROKEN,
    BUSY,
    NOTHING,
    calibrate,
    calibrate_in_background,
    recorded,
)

PATIENCE_SECONDS = 60.0


@pytest.fixture
def counted(monkeypatch):
    """How often a process was started; it answers what a real one would."""
    started = []
    real = calibration.subprocess.run

    def run(command, **options):
        started.append(command)
        return real(command, **options)

    monkeypatch.setattr(calibration.subprocess, "run", run)
    return started


def test_a_configuration_is_measured_once_by_a_process_like_a_worker(tiny, counted):
    first = calibrate(tiny, vocabulary_size=24)
    assert first.calibration is not None
    assert first.calibration.step_seconds > 0
    assert first.calibration.start_seconds > 0
    assert first.problem == ""
    assert calibrate(tiny, vocabulary_size=24) == first
    assert recorded(tiny, vocabulary_size=24) == first
    assert len(counted) == 1


def test_it_gets_the_threads_that_a_worker_would_get(tiny, monkeypatch):
    seen = {}

    def run(command, *, env, **_):
        seen.update(env)
        raise OSError

    monkeypatch.setattr(calibration.subprocess, "run", run)
    calibrate(tiny.changed({"compute.threads": 3}), vocabulary_size=24)
    assert seen["OMP_NUM_THREADS"] == "3"
    assert seen["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.parametrize("module", ["minigpt.no_such_module", "this", "minigpt.errors"])
def test_a_process_that_breaks_down_leaves_a_reason(tiny, monkeypatch, module):
    monkeypatch.setattr(calibration, "WORKER", module)
    assert calibrate(tiny, vocabulary_size=24).problem == BROKEN
    assert recorded(tiny, vocabulary_size=24).problem == BROKEN


def test_a_process_that_takes_too_long_is_ended(tiny, monkeypatch):
    monkeypatch.setattr(calibration, "LIMIT_SECONDS", 0.05)
    began = time.monotonic()
    assert "longer than" in calibrate(tiny, vocabulary_size=24).problem
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_what_failed_is_tried_again(tiny, monkeypatch, counted):
    monkeypatch.setattr(calibration, "WORKER", "minigpt.no_such_module")
    calibrate(tiny, vocabulary_size=24)
    calibrate(tiny, vocabulary_size=24)
    assert len(counted) == 2


def test_only_one_is_under_way_at_a_time(tiny, monkeypatch):
    monkeypatch.setattr(calibration, "LIMIT_SECONDS", 0.05)
    with calibration._lock():
        assert calibrate(tiny, vocabulary_size=24).problem == BUSY
        assert calibrate_in_background(tiny, vocabulary_size=24)
        assert recorded(tiny, vocabulary_size=24) == NOTHING


def test_in_the_background_nobody_waits_for_it(tiny, monkeypatch):
    monkeypatch.setattr(calibration, "WORKER", "minigpt.no_such_module")
    assert calibrate_in_background(tiny, vocabulary_size=24)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while recorded(tiny, vocabulary_size=24) == NOTHING:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    assert recorded(tiny, vocabulary_size=24).problem == BROKEN
    assert not calibrate_in_background(tiny, vocabulary_size=24)


def test_without_a_data_folder_there_is_a_reason_too(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "file"))
    assert calibrate(tiny, vocabulary_size=24).problem == BUSY


def test_what_this_computer_cannot_do_is_told_in_its_words(tiny):
    import torch

    if torch.cuda.is_available():
        pytest.skip("needs a computer without a graphics card")
    record = calibrate(tiny.changed({"compute.device": "cuda"}), vocabulary_size=24)
    assert "no cuda device" in record.problem
