import pytest

from minigpt.runs.directory import forget_after, forget_all, write_rows


@pytest.fixture
def recorded(run):
    for step in range(6):
        run.append("metrics", {"step": step, "train_loss": 1.0})
    run.append("samples", {"step": 0, "text": "é"})
    run.append("samples", {"step": 4, "text": "b"})
    return run


def steps(run, name):
    return [row["step"] for row in run.lines(name)]


def test_what_comes_later_is_dropped(recorded):
    forget_after(recorded, 3)
    assert steps(recorded, "metrics") == [0, 1, 2, 3]
    assert recorded.lines("samples") == [{"step": 0, "text": "é"}]


def test_nothing_is_rewritten_where_nothing_comes_later(recorded):
    before = recorded.metrics.stat().st_mtime_ns
    forget_after(recorded, 5)
    assert recorded.metrics.stat().st_mtime_ns == before


def test_a_half_written_last_line_goes_with_what_is_dropped(recorded):
    with recorded.metrics.open("a") as file:
        file.write('{"step": 6, "tra')
    forget_after(recorded, 4)
    recorded.append("metrics", {"step": 5, "train_loss": 1.0})
    assert steps(recorded, "metrics") == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", ["metrics", "events"])
def test_a_half_written_last_line_costs_no_later_one(run, name):
    run.append(name, {"step": 0})
    with (run.path / f"{name}.jsonl").open("ab") as file:
        file.write('{"step": 1, "é'.encode()[:-1])
    forget_after(run, 0)
    for step in (1, 2):
        run.append(name, {"step": step})
    assert steps(run, name) == [0, 1, 2]


def test_a_run_can_begin_at_its_beginning(recorded):
    forget_all(recorded)
    assert steps(recorded, "metrics") == steps(recorded, "samples") == []


def test_a_disk_that_refuses_leaves_the_records_as_they_were(recorded, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minigpt.runs.directory.write_atomically", full)
    with pytest.raises(OSError, match="No space"):
        write_rows(recorded, "metrics", [])
    assert steps(recorded, "metrics") == list(range(6))
