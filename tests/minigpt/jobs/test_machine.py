import os

import pytest

from minigpt.errors import ConfigurationError
from minigpt.jobs import machine
from minigpt.jobs.machine import adopt_max_running, max_running, threads_for
from minigpt.runs.records import Settings
from minigpt.training.config import ComputeConfig

KIBIBYTES = "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:    1500 kB\n"


@pytest.fixture
def files(this_machine):
    """The files in which Linux describes the machine, in a folder of the test's own."""
    return this_machine(available=None)


def test_this_machine_has_a_name_for_everything_that_decides_its_speed():
    identity = machine.identity()
    assert set(identity) == {"processor", "graphics", "cores", "system", "python", "torch"}
    assert identity["processor"]
    assert identity["torch"]


def test_the_processor_is_read_from_the_system(files):
    (files / "cpuinfo").write_text("processor : 0\nmodel name\t: Some Chip @ 2 GHz\n")
    assert machine.identity()["processor"] == "Some Chip @ 2 GHz"


def test_a_graphics_card_is_seen_without_torch(files):
    assert machine.identity()["graphics"] == ""
    (files / "gpus" / "0000").mkdir(parents=True)
    (files / "gpus" / "0000" / "information").write_text("Model: \t Some Card\nIRQ: 1\n")
    assert machine.identity()["graphics"] == "Some Card"
    assert machine.has_graphics()


def test_memory_that_can_be_had_is_what_the_system_says(files):
    (files / "meminfo").write_text(KIBIBYTES)
    assert machine.available_memory() == 1500 * 1024


def test_a_container_has_no_more_than_it_is_given(files):
    (files / "meminfo").write_text(KIBIBYTES)
    (files / "memory.max").write_text("max\n")
    assert machine.available_memory() == 1500 * 1024
    (files / "memory.max").write_text("1000\n")
    assert machine.available_memory() == 1000
    if hasattr(os, "sysconf"):
        assert machine.total_memory() == 1000


def test_where_nobody_can_tell_nothing_is_claimed(files, monkeypatch):
    monkeypatch.delattr(os, "sysconf", raising=False)
    assert machine.available_memory() is None
    assert machine.total_memory() is None


def test_what_a_container_holds_already_cannot_be_had_again(files):
    (files / "meminfo").write_text(KIBIBYTES)
    (files / "memory.max").write_text("1000\n")
    (files / "memory.current").write_text("700\n")
    assert machine.available_memory() == 300
    (files / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    assert machine.available_memory() == 500
    (files / "memory.current").write_text("2000\n")
    assert machine.available_memory() == 0


def test_the_tightest_group_around_this_process_counts(files):
    (files / "meminfo").write_text(KIBIBYTES)
    inner = files / "groups" / "class" / "app"
    inner.mkdir(parents=True)
    (files / "own").write_text("0::/class/app\n")
    assert machine.available_memory() == 1500 * 1024
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("5000\n")
    (inner.parent / "memory.current").write_text("1000\n")
    assert machine.available_memory() == 4000
    assert machine.total_memory() in (None, 5000)


@pytest.fixture(autouse=True)
def _twelve_cores(this_machine, monkeypatch):
    this_machine(cores=12)
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "")


@pytest.mark.parametrize(("number", "expected"), [(1, 1), (2, 1), (3, 1), (12, 6)])
def test_half_the_cores_train_unless_somebody_says_otherwise(this_machine, number, expected):
    this_machine(cores=number)
    assert max_running() == expected


def test_the_environment_says_how_many(monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", " 3 ")
    assert max_running() == 3


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", "1001", "9" * 30, "٣"])
def test_a_number_that_cannot_work_is_refused(monkeypatch, given):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", given)
    with pytest.raises(ConfigurationError, match="MINIGPT_MAX_RUNNING is"):
        max_running()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-running", "3"],
        ["--max-running=3"],
        ["-x", "--other", "5", "--max-running", "3", "tests"],
        ["--max-running", "2", "--max-running=3"],
    ],
)
def test_arguments_say_how_many(arguments):
    adopt_max_running(arguments)
    assert max_running() == 3
    assert os.environ["MINIGPT_MAX_RUNNING"] == "3"


@pytest.mark.parametrize("arguments", [[], ["3"], ["--max", "3"], ["max-running", "3"]])
def test_other_arguments_change_nothing(arguments):
    adopt_max_running(arguments)
    assert max_running() == 6


@pytest.mark.parametrize("arguments", [["--max-running"], ["--max-running=x"], ["--max-running="]])
def test_arguments_that_cannot_work_are_refused(arguments):
    with pytest.raises(ConfigurationError, match="--max-running is"):
        adopt_max_running(arguments)
    assert max_running() == 6


@pytest.mark.parametrize(("slots", "threads"), [(1, 12), (5, 2), (12, 1), (50, 1)])
def test_the_cores_are_shared_out(monkeypatch, slots, threads):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", str(slots))
    assert threads_for(Settings()) == threads


@pytest.mark.parametrize(
    ("compute", "threads"),
    [({"threads": 5}, 5), ({"threads": 0}, 2), ({"threads": "x"}, 2), ({}, 2), (None, 2), ([], 2)],
)
def test_a_run_may_ask_for_a_number_of_threads(compute, threads):
    assert threads_for(Settings.from_json({"compute": compute})) == threads


def test_this_machine_has_cores(monkeypatch):
    monkeypatch.undo()
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(
    ("load", "threads", "processes", "expected"),
    [
        (0.0, 2, 1, 1.0),
        (0.5, 2, 1, 1.0),
        (2.5, 2, 1, 2.0),
        (2.5, 1, 2, 2.0),
        (1.5, 1, 1, 1.0),
        (999.0, 2, 1, machine.MOST_CROWDED),
    ],
)
def test_a_run_takes_as_much_longer_as_there_are_programs_for_a_core(
    this_machine, load, threads, processes, expected
):
    this_machine(cores=2)
    compute = ComputeConfig(threads=threads, processes=processes)
    assert machine.crowding(compute, load) == pytest.approx(expected)


def test_where_the_system_does_not_tell_its_load_there_is_none(monkeypatch):
    monkeypatch.delattr(machine.os, "getloadavg", raising=False)
    assert machine.load() == 0.0
