import json
import threading
import time

from minigpt.runs.directory import forget_after
from minigpt.runs.tail import follow, outcome


def told(run):
    """Every step that is told of a run, whose follower looks often."""
    return [row.step for row in follow(run, sleep=lambda _: time.sleep(0.01))]


def row(step, validation_loss=None):
    return {"step": step, "train_loss": 2.0, "validation_loss": validation_loss}


def test_a_run_that_has_ended_is_told_to_its_end_at_once(trained):
    assert [row.step for row in follow(trained)] == [0, 4, 8, 12]


def test_what_was_told_before_is_not_told_again(trained):
    assert [row.step for row in follow(trained, after=4)] == [8, 12]


def test_rows_are_told_as_they_appear_until_the_run_ends(run):
    def train():
        with run.lock():
            run.write("state", {"heartbeat": time.time()})
            for step in range(3):
                run.append("metrics", row(step, 1.0))
                run.append("metrics", row(step))
                time.sleep(0.03)
            run.write("exit", {"outcome": "finished"})

    training = threading.Thread(target=train)
    training.start()
    assert told(run) == [0, 1, 2]
    training.join()


def test_of_a_file_that_was_replaced_by_a_longer_one_all_rows_are_told(run):
    with run.lock():
        run.write("state", {"heartbeat": time.time()})
        for step in (1, 2):
            run.append("metrics", row(step, 1.0))
        told = follow(run)
        assert [next(told).step, next(told).step] == [1, 2]
        run.metrics.write_text("".join(json.dumps(row(step, 1.0)) + "\n" for step in range(7, 14)))
        run.write("exit", {"outcome": "finished"})
    assert [one.step for one in told] == list(range(7, 14))


def test_what_is_left_of_a_file_that_was_cut_is_not_told_twice(run):
    with run.lock():
        run.write("state", {"heartbeat": time.time()})
        for step in (1, 2, 3):
            run.append("metrics", row(step, 1.0))
        told = follow(run)
        assert [next(told).step for _ in range(3)] == [1, 2, 3]
        forget_after(run, 2)
        run.append("metrics", row(3, 0.5))
        run.write("exit", {"outcome": "finished"})
    assert [(one.step, one.validation_loss) for one in told] == [(3, 0.5)]


def test_damaged_rows_are_passed_over(run):
    run.write("exit", {"outcome": "finished"})
    for damaged in ({}, {"step": "x"}, {**row(1, 1.0), "validation_loss": None}, row(2)):
        run.append("metrics", damaged)
    run.append("metrics", row(3, 1.0))
    assert told(run) == [3]


def test_following_a_run_that_is_deleted_ends(run, store):
    run.write("exit", {"outcome": "finished"})
    store.delete(run.id)
    assert list(follow(run)) == []


KEYS = [
    "run",
    "parameters",
    "steps",
    "train_loss",
    "last_batch_loss",
    "training_part_loss",
    "val_loss",
    "best_val_loss",
    "seconds",
    "tokens_per_second",
    "total_seconds",
    "status",
]


def test_the_outcome_of_a_good_run(trained):
    result = outcome(trained)
    assert list(result) == KEYS
    assert (result["run"], result["status"], result["steps"]) == (trained.id, "finished", 12)
    assert result["val_loss"] == trained.lines("metrics")[-1]["validation_loss"]
    assert result["best_val_loss"] <= result["val_loss"]
    assert None not in result.values()


def test_the_outcome_of_a_run_that_never_began(run):
    result = outcome(run)
    assert list(result) == KEYS
    assert (result["status"], result["steps"], result["val_loss"]) == ("starting", 0, None)


def test_the_outcome_of_a_run_that_was_killed_is_what_it_last_said(run):
    run.write("state", {"heartbeat": 1.0, "step": 5, "train_loss": 2.5, "seconds": 3.0})
    run.append("metrics", row(4, 2.25))
    result = outcome(run)
    assert (result["status"], result["steps"]) == ("killed", 5)
    assert (result["train_loss"], result["val_loss"], result["seconds"]) == (2.5, 2.25, 3.0)
    # What was not measured, as in a run of an earlier version, is null.
    assert (result["last_batch_loss"], result["training_part_loss"]) == (2.5, None)
