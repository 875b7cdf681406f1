import os

import pytest

from minigpt.jobs import machine

KIBIBYTES = "MemTotal:       2000 kB\nMemFree:         100 kB\nMemAvailable:    1500 kB\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The files in which Linux describes the machine, in a folder of the test's own."""
    monkeypatch.setattr(machine, "PROCESSOR_FILE", tmp_path / "cpuinfo")
    monkeypatch.setattr(machine, "MEMORY_FILE", tmp_path / "meminfo")
    monkeypatch.setattr(machine, "GRAPHICS_FOLDER", tmp_path / "gpus")
    monkeypatch.setattr(machine, "CONTAINER_LIMITS", (tmp_path / "memory.max",))
    monkeypatch.setattr(machine, "OWN_GROUP", tmp_path / "no-groups")
    return tmp_path


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


def test_the_tightest_group_around_this_process_counts(files, monkeypatch):
    (files / "meminfo").write_text(KIBIBYTES)
    inner = files / "groups" / "class" / "app"
    inner.mkdir(parents=True)
    (files / "own").write_text("0::/class/app\n")
    monkeypatch.setattr(machine, "OWN_GROUP", files / "own")
    monkeypatch.setattr(machine, "GROUPS", files / "groups")
    assert machine.available_memory() == 1500 * 1024
    (inner / "memory.max").write_text("max\n")
    (inner.parent / "memory.max").write_text("5000\n")
    (inner.parent / "memory.current").write_text("1000\n")
    assert machine.available_memory() == 4000
    assert machine.total_memory() in (None, 5000)
