"""The command line as people use it, in processes of its own."""

import json

import pytest

from minigpt.runs.status import Status
from minigpt.runs.store import status_of

KEYS = {
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
    "verdict",
}


def test_training_ends_with_one_line_of_json(trained):
    place, code, out, err = trained
    assert code == 0, err
    [line] = out.splitlines()
    result = json.loads(line)
    assert set(result) == KEYS
    assert (result["status"], result["steps"]) == ("finished", 8)
    assert 0 < result["best_val_loss"] <= result["val_loss"] < 6
    assert 0 < result["train_loss"] < 6
    assert min(result["parameters"], result["seconds"], result["tokens_per_second"]) > 0
    assert status_of(place.store.open(result["run"])) is Status.FINISHED


def test_training_tells_its_progress_on_the_other_stream(trained):
    _, _, _, err = trained
    assert [line.split()[1] for line in err.splitlines() if line.startswith("step")] == [
        "0",
        "4",
        "8",
    ]


def test_equal_seeds_generate_equal_text(trained):
    place, _, out, _ = trained
    run = json.loads(out)["run"]
    command = ["generate", run, "--prompt", "cats", "--tokens", "40", "--seed", "1"]
    both = [place.open(*command) for _ in range(2)]
    texts = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert texts[0] == texts[1]
    assert texts[0].startswith("cats")
    assert len(texts[0]) > len("cats") + 1


def test_the_run_is_listed(trained):
    place, _, out, _ = trained
    code, listed, _ = place.minigpt("runs", "--json")
    assert code == 0
    assert [run["id"] for run in json.loads(listed)] == [json.loads(out)["run"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", "empty", id="0 bytes"),
        pytest.param(b"\n  \n\t\n", "empty", id="nothing but space"),
        pytest.param(b"a" * 5000, "repeats one character", id="one character"),
        pytest.param(b"caf\xe9 cr\xe8me \xff\xfe" * 500, "UTF-8", id="not UTF-8"),
        pytest.param(b"to be or not to be", "a context of 64 needs 65", id="too short"),
    ],
)
def test_a_text_that_cannot_work_is_refused(workplace, content, words):
    file = workplace.folder / "text.txt"
    file.write_bytes(content)
    code, out, err = workplace.minigpt("train", "--file", file, "--json")
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert workplace.store.all() == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--preset", "slow"], "There is no preset called 'slow'"),
        (["--set", "training.step=5"], "Did you mean training.steps?"),
        (["--set", "training.steps=-5"], "it must lie between"),
        (["--seed", "many"], "invalid int value"),
    ],
)
def test_arguments_that_cannot_work_are_refused(workplace, arguments, words):
    code, out, err = workplace.minigpt("train", *arguments, "--json")
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


def test_a_run_outlives_the_command_that_started_it(workplace, until):
    command = workplace.open(*workplace.train, "--file", workplace.text)
    with command:
        run = until(lambda: next(iter(workplace.store.all()), None))
        # Until then the command may be on its way to start the worker; this the worker writes.
        until(lambda: run.read("state"))
        command.kill()
    assert status_of(run).is_live
    until(lambda: not status_of(run).is_live)
    assert status_of(run) is Status.FINISHED
    assert run.read("exit")["step"] == 8
