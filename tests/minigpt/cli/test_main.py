"""Every command, and every argument that cannot work, by calling `main`.

Workers run inside the test here; tests/processes has the real ones.
"""

import errno
import json
import os
import time

import pytest

from minigpt.cli import main as cli
from minigpt.cli.main import BAD_ARGUMENTS, DONE, FAILED, INTERRUPTED, main
from minigpt.errors import RunError
from minigpt.jobs import queue
from minigpt.jobs.worker import process
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.store import RunStore
from minigpt.runs.tail import EvaluatedStep
from tests.launching import FakeLauncher, install

SETTINGS = [
    "model.context_length=8",
    "model.width=16",
    "model.num_layers=1",
    "model.num_heads=2",
    "training.steps=4",
    "training.batch_size=2",
    "training.evaluation_interval=2",
    "logging.sample_tokens=5",
]
TINY = ["--corpus", "sentences", *(word for one in SETTINGS for word in ("--set", one))]
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


@pytest.fixture(autouse=True)
def store(monkeypatch, in_process):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    install(monkeypatch, FakeLauncher(lambda run: process.main([str(run.path)])))
    return RunStore.default()


@pytest.fixture
def trained(store):
    assert main(["train", *TINY, "--name", "trained"]) == DONE
    return store.all()[0]


@pytest.fixture
def ended(store):
    """A run as it looks after its end, without the time it takes to train."""
    run = store.create(RunConfig().changed({"corpus.name": "sentences"}), name="ended")
    run.write("state", {"heartbeat": time.time(), "step": 3, "best_validation_loss": 0.0})
    run.write("exit", {"outcome": "finished"})
    return run


def refused(arguments, capsys):
    """Run a command that cannot work; returns what it told people."""
    assert main(arguments) == BAD_ARGUMENTS
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("minigpt: ")
    assert "Traceback" not in said.err
    return said.err


def test_training_tells_its_progress_and_how_it_ended(store, capsys):
    assert main(["train", *TINY]) == DONE
    said = capsys.readouterr()
    run = store.all()[0]
    assert said.out == f"{run.id} finished\n"
    assert f"Run {run.id} is training in the background" in said.err
    for step in (0, 2, 4):
        assert f"step {step:>6}  train " in said.err
    assert run.read("meta")["name"] == "quick"


def test_training_ends_with_one_line_of_json_where_asked(store, capsys):
    assert main(["train", *TINY, "--json", "--name", "mine", "--seed", "3"]) == DONE
    [line] = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    assert set(result) == KEYS
    assert (result["status"], result["steps"]) == ("finished", 4)
    run = store.open(result["run"])
    assert run.read("meta")["name"] == "mine"
    assert run.config().seed == 3


def test_a_failed_run_is_told_with_its_reason(capsys):
    arguments = ["--set", "training.learning_rate=1e7", "--set", "training.warmup_steps=0"]
    assert main(["train", *TINY, *arguments, "--set", "training.steps=50", "--json"]) == FAILED
    said = capsys.readouterr()
    result = json.loads(said.out)
    assert set(result) == KEYS
    assert result["status"] == "failed"
    assert "minigpt: The loss stopped being a number" in said.err


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES])
def test_a_disk_that_does_not_answer_is_a_failure_told_in_a_line(store, code, monkeypatch, capsys):
    def refuse(folder):
        raise OSError(code, os.strerror(code), str(folder))

    store.root.mkdir()
    monkeypatch.setattr("shutil.disk_usage", refuse)
    assert main(["train", *TINY]) == FAILED
    [line] = capsys.readouterr().err.splitlines()
    assert line == f"minigpt: {str(store.root)!r} cannot be used: {os.strerror(code)}."


def test_a_folder_that_is_a_file_is_a_bad_argument_told_in_a_line(trained, tmp_path, capsys):
    (file := tmp_path / "file").write_text("x")
    inside = str(file / "folder")
    capsys.readouterr()
    [line] = refused(["export", trained.id, inside, "--format", "pytorch"], capsys).splitlines()
    assert str(file) in line


@pytest.mark.parametrize(
    ("code", "ended_with"),
    [(errno.ENOSPC, FAILED), (errno.EIO, FAILED), (errno.EACCES, BAD_ARGUMENTS)],
)
def test_a_file_that_cannot_be_written_is_a_failure_where_its_path_is_not_to_blame(
    ended, code, ended_with, tmp_path, refuse_writes, capsys
):
    refuse_writes("run.zip", error=OSError(code, os.strerror(code)))
    assert main(["download", ended.id, str(tmp_path / "run.zip")]) == ended_with
    [line] = capsys.readouterr().err.splitlines()
    assert os.strerror(code) in line


def test_a_run_that_somebody_else_paused_is_no_failure(monkeypatch, capsys):
    def pause(run):
        run.write("exit", {"outcome": "paused", "at": time.time()})

    install(monkeypatch, FakeLauncher(pause))
    assert main(["train", *TINY]) == DONE
    assert capsys.readouterr().out.endswith(" paused\n")


def test_a_run_waits_for_its_turn_and_says_so(store, monkeypatch, capsys):
    busy = store.create(RunConfig(), name="busy")
    lock = busy.lock()
    lock.acquire()
    real = queue.positions

    def look(seen_store):
        lock.release()  # as if the other run had ended meanwhile
        busy.write("exit", {"outcome": "finished", "at": time.time()})
        return real(seen_store)

    monkeypatch.setattr(queue, "positions", look)
    assert main(["train", *TINY, "--max-running", "1"]) == DONE
    said = capsys.readouterr()
    assert "Waiting: number 1 in the queue." in said.err
    assert said.out.endswith(" finished\n")


def test_interrupting_a_run_that_waits_takes_it_out_of_the_queue(store, monkeypatch, capsys):
    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(queue, "positions", interrupt)
    with store.create(RunConfig(), name="busy").lock():
        assert main(["train", *TINY, "--max-running", "1", "--name", "waits"]) == DONE
    said = capsys.readouterr()
    assert "waits no longer" in said.err
    assert said.out.endswith(" stopped\n")


@pytest.mark.parametrize("number", ["0", "many", "-1"])
def test_a_number_of_runs_at_once_that_cannot_work_is_refused(store, capsys, number):
    assert "--max-running is" in refused(["train", *TINY, f"--max-running={number}"], capsys)
    assert store.all() == []


def test_a_file_of_ones_own_is_learnt_from(store, tmp_path):
    file = tmp_path / "poem.txt"
    file.write_text("the cat sat on the mat\n" * 20, encoding="utf-8")
    assert main(["train", *TINY[2:], "--file", str(file)]) == DONE
    assert store.all()[0].config().corpus.name.startswith("poem-")


def test_a_run_of_another_rung(store):
    arguments = ["--preset", "bigram", "--corpus", "sentences", "--set", "training.steps=2"]
    assert main(["train", *arguments]) == DONE
    assert store.all()[0].config().rung == "bigram"


def test_interrupting_asks_the_run_to_stop_and_waits(store, monkeypatch, capsys):
    install(monkeypatch, FakeLauncher())
    calls = []

    def follow(run, after=-1):
        calls.append(after)
        if len(calls) == 1:
            yield EvaluatedStep(step=0, validation_loss=4.0)
            raise KeyboardInterrupt
        assert run.read("control")["stop"] is True
        run.write("exit", {"outcome": "stopped"})

    monkeypatch.setattr(cli, "follow", follow)
    assert main(["train", *TINY]) == DONE
    said = capsys.readouterr()
    assert calls == [-1, 0]
    assert "Stopping after this step" in said.err
    assert said.out.endswith(" stopped\n")


def test_interrupting_twice_leaves_without_a_traceback(monkeypatch, capsys):
    install(monkeypatch, FakeLauncher())

    def follow(*_, **__):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(cli, "follow", follow)
    assert main(["train", *TINY]) == INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "slow"], "There is no preset called 'slow'. Choose one of quick"),
        (["--corpus", "gone"], "There is no text called 'gone'"),
        (["--file", "no-such-file.txt"], "There is no file no-such-file.txt"),
        (["--file", "."], "folder"),
        (["--set", "training.steps"], "has no value"),
        (["--set", "training.steps="], "training.steps is ''; it must be a whole number"),
        (["--set", "training.steps=many"], "it must be a whole number"),
        (["--set", "training.steps=0"], "steps is 0; it must lie between 1 and"),
        (["--set", "training.step=5"], "Did you mean training.steps?"),
        (["--set", "minutes=5"], "Did you mean training.minutes?"),
        (["--set", "model.max_iters=5"], "Did you mean training.steps?"),
        (["--set", "training.width=5"], "Did you mean model.width?"),
        (["--set", "eval_iters=5"], "the whole validation part"),
        (["--set", "model.vocab_size=65"], "tokenizer.vocabulary_size"),
        (["--set", "head_size=16"], "model.width divided by model.num_heads"),
        (["--set", "max_new_tokens=100"], "--tokens of `generate`"),
        (["--set", "optimizer.name=sgd"], "is not a setting"),
        (["--set", "seed.x=5"], "is not a setting"),
        (["--set", "=5"], "is not a setting"),
        (["--set", "model.width=33"], "multiple of 2"),
        (["--set", "model.rung=lstm"], "There is no model called 'lstm'"),
        (["--set", "model.position=here"], "choose one of learned"),
        (["--set", "tokenizer.kind=syllable"], "There is no tokenizer called 'syllable'"),
        (["--set", "training.learning_rate=nan"], "it must be a number"),
        (["--seed", "-1"], "seed is -1"),
        (["--corpus", "sentences", "--set", "model.context_length=8000"], "a context of 8,000"),
    ],
)
def test_settings_that_cannot_work_are_refused(arguments, message, capsys, store):
    assert message in refused(["train", *arguments], capsys)
    assert store.all() == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"  \n\t\n", "empty"),
        (b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats one character"),
        (b"caf\xe9 au lait " * 50, "UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 50, ""),
        (b"too short for this", "a context of 64 needs 65"),
    ],
)
def test_texts_that_cannot_work_are_refused(content, message, capsys, store, tmp_path):
    file = tmp_path / "text.txt"
    file.write_bytes(content)
    assert message in refused(["train", "--file", str(file)], capsys)
    assert store.all() == []


def test_words_too_few_for_the_context_are_refused_with_the_numbers(capsys, store, tmp_path):
    file = tmp_path / "diary.txt"
    file.write_text("today it rained and we read\n" * 60)
    setting = ["--set", "tokenizer.kind=word", "--set", "model.context_length=60"]
    for extra in ([], ["--dry-run"]):
        words = refused(["train", "--file", str(file), *setting, *extra], capsys)
        assert "too short for a context of 60 tokens" in words
        assert "61 of each are needed" in words
    assert store.all() == []


def test_fifteen_sentences_are_told_to_be_few(capsys, tmp_path):
    file = tmp_path / "fifteen.txt"
    file.write_text("".join(f"my name is ada and i live in road {n}\n" for n in range(15)))
    arguments = ["train", "--file", str(file), "--preset", "tinygpt-words", "--dry-run"]
    main([*arguments, "--set", "model.context_length=4"])
    said = capsys.readouterr()
    assert "minigpt: warning: This text is very short" in said.err
    assert "steps" in said.out


def test_a_folder_that_cannot_be_written_is_refused(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").touch()
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "file" / "checkpoints"))
    assert "could not be created" in refused(["train", *TINY], capsys)


def test_a_worker_that_cannot_be_started_is_an_error(monkeypatch, capsys):
    def refuse(run):
        error = "The worker could not be started: no more processes."
        run.write("launch", {"at": time.time(), "exit_code": 127, "error": error})
        raise RunError(error)

    install(monkeypatch, FakeLauncher(refuse))
    assert "no more processes" in refused(["train", *TINY], capsys)


def test_generating_continues_the_prompt_and_repeats_with_its_seed(trained, capsys):
    capsys.readouterr()
    texts = []
    for seed in ("1", "1", "2"):
        arguments = ["--prompt", "hello", "--tokens", "30", "--seed", seed]
        assert main(["generate", trained.id, *arguments]) == DONE
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]
    assert texts[0].startswith("hello")
    assert len(texts[0]) == len("hello") + 30 + 1


def test_greedy_generation_needs_no_seed(trained, capsys):
    capsys.readouterr()
    texts = set()
    for seed in ("1", "2"):
        arguments = ["--prompt", "hello", "--tokens", "10", "--greedy", "--seed", seed]
        assert main(["generate", trained.id, *arguments, "--step", "0"]) == DONE
        texts.add(capsys.readouterr().out)
    assert len(texts) == 1


def test_no_tokens_are_no_change(trained, capsys):
    capsys.readouterr()
    assert main(["generate", trained.id, "--prompt", "hello", "--tokens", "0"]) == DONE
    assert capsys.readouterr().out == "hello\n"


def test_without_a_prompt_a_text_begins_after_a_line_break(trained, capsys):
    capsys.readouterr()
    words = ["--tokens", "20", "--seed", "5"]
    assert main(["generate", trained.id, "--prompt", "\n", *words]) == DONE
    after_line_break = capsys.readouterr()
    assert "line break" not in after_line_break.err
    assert main(["generate", trained.id, "--prompt", "", *words]) == DONE
    begun = capsys.readouterr()
    assert "The prompt is empty, so the model begins after a line break" in begun.err
    assert "\n" + begun.out == after_line_break.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prompt", "日本"], "日"),
        (["--prompt", "a", "--tokens", "-5"], "tokens is -5"),
        (["--prompt", "a", "--seed", "-1"], "seed is -1"),
        (["--prompt", "a", "--seed", str(10**30)], "seed is 1000"),
        (["--prompt", "a", "--temperature", "-1"], "temperature is -1"),
        (["--prompt", "a", "--temperature", "nan"], "temperature is nan"),
        (["--prompt", "a", "--top-k", "-1"], "top-k is -1"),
        (["--prompt", "a", "--top-p", "2"], "top-p is 2"),
        (["--prompt", "a", "--step", "99"], "Nothing was saved at step 99"),
    ],
)
def test_prompts_and_odds_that_cannot_work_are_refused(trained, arguments, message, capsys):
    capsys.readouterr()
    assert message in refused(["generate", trained.id, *arguments], capsys)


@pytest.mark.parametrize("name", ["gone", "../x", "", "/etc/passwd"])
@pytest.mark.parametrize(
    "command",
    [["generate", "--prompt", "a"], ["attention", "--text", "a", "--out", "a.npz"], ["stop"]],
)
def test_a_run_that_is_not_there_is_refused(name, command, capsys):
    assert "There is no run called" in refused([*command, name], capsys)


def test_generating_with_a_run_that_has_saved_nothing_is_refused(store, capsys):
    run = store.create(RunConfig(), name="new")
    assert "saved no weights yet" in refused(["generate", run.id, "--prompt", "a"], capsys)


@pytest.mark.parametrize("ending", [".npz", ".json", ".html"])
def test_attention_is_written_to_a_file(trained, ending, tmp_path, capsys):
    capsys.readouterr()
    file = tmp_path / f"attention{ending}"
    assert main(["attention", trained.id, "--text", "hello", "--out", str(file)]) == DONE
    assert capsys.readouterr().out == f"{file}\n"
    assert file.stat().st_size > 100


@pytest.mark.parametrize("command", ["generate", "attention", "finetune"])
def test_the_saved_step_that_nobody_named_is_said_aloud(trained, command, tmp_path, capsys):
    arguments = {
        "generate": ["--tokens", "3", "--prompt", "hello"],
        "attention": ["--text", "hello", "--out", str(tmp_path / "attention.json")],
        "finetune": ["--corpus", "sentences", "--set", "training.steps=2"],
    }[command]
    best = choose_checkpoint(trained, None)
    assert best.step > 0
    words = f"Step {best.step} is taken, the best on validation (loss {best.validation_loss:.4f})."
    capsys.readouterr()
    for asked in ([], ["--step", str(best.step)]):
        assert main([command, trained.id, *arguments, *asked]) == DONE
        assert (words in capsys.readouterr().err) == (not asked)


def test_attention_can_be_that_of_an_earlier_step(trained, tmp_path):
    file = tmp_path / "attention.json"
    arguments = ["--text", "hello", "--step", "0", "--out", str(file)]
    assert main(["attention", trained.id, *arguments]) == DONE
    assert json.loads(file.read_text(encoding="utf-8"))["step"] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "a", "--out", "a.png"], "Let it end in one of .npz, .json, .html"),
        (["--text", "", "--out", "a.npz"], "The text is empty"),
        (["--text", "hello there", "--out", "a.npz"], "1 to 8 tokens at a time"),
        (["--text", "日本", "--out", "a.npz"], "日"),
        (["--text", "a", "--step", "99", "--out", "a.npz"], "Nothing was saved at step 99"),
        (["--text", "a", "--out", "no/such/folder/a.npz"], "cannot be written"),
    ],
)
def test_attention_that_cannot_be_had_is_refused(
    trained, arguments, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert message in refused(["attention", trained.id, *arguments], capsys)
    assert not (tmp_path / "a.npz").exists()


def test_a_model_goes_out_and_comes_back(tmp_path, capsys):
    assert main(["train", "--preset", "lecture-gpt", *TINY]) == DONE
    run = RunStore.default().all()[0]
    capsys.readouterr()
    folder = tmp_path / "exported"
    assert main(["export", run.id, str(folder)]) == DONE
    assert capsys.readouterr().out == f"{folder}\n"
    assert main(["import", str(folder), "--name", "Back again"]) == DONE
    imported = capsys.readouterr().out.strip()
    assert RunStore.default().open(imported).read("meta")["name"] == "Back again"
    texts = []
    for one in (run.id, imported):
        assert main(["generate", one, "--prompt", "hello", "--tokens", "20", "--greedy"]) == DONE
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_a_model_that_is_no_gpt2_is_not_exported(trained, tmp_path, capsys):
    assert main(["export", trained.id, str(tmp_path / "folder")]) == BAD_ARGUMENTS
    assert "position" in capsys.readouterr().err


def test_a_folder_that_is_no_model_is_not_imported(tmp_path, capsys):
    assert main(["import", str(tmp_path)]) == BAD_ARGUMENTS
    assert "config.json" in capsys.readouterr().err


def test_unknown_words_are_told_on_the_command_line(store, tmp_path, capsys):
    words = ["--set", "tokenizer.kind=word"]
    assert main(["train", "--preset", "lecture-gpt", *TINY, *words]) == DONE
    run = store.all()[0].id
    capsys.readouterr()
    assert main(["generate", run, "--prompt", "my name is Zorglub", "--tokens", "3"]) == DONE
    assert "does not have “Zorglub”: it reads that as <unk>" in capsys.readouterr().err
    out = str(tmp_path / "a.json")
    assert main(["attention", run, "--text", "Zorglub is my name", "--out", out]) == DONE
    assert "“Zorglub”" in capsys.readouterr().err
    assert main(["generate", run, "--prompt", "my name is", "--tokens", "3"]) == DONE
    assert "<unk>" not in capsys.readouterr().err
