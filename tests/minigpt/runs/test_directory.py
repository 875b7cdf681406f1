import subprocess
import sys
import threading
import time

import pytest
from filelock import FileLock

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import ConfigurationError, RunError, TokenizerError
from minigpt.runs.directory import (
    RunDirectory,
    choose_checkpoint,
    forget_after,
    forget_all,
    write_rows,
)
from minigpt.tokenizers import CharacterTokenizer


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a-run").mkdir()
    return RunDirectory(tmp_path / "a-run")


def test_a_run_is_named_by_its_folder(folder):
    assert folder.id == "a-run"
    assert not folder.exists


def test_a_run_exists_once_it_has_settings(run):
    assert run.exists


def test_settings_come_back(run, tiny):
    assert run.config() == tiny


@pytest.mark.parametrize("content", ["", "{", "[]", '{"model": ', "null", "\x00"])
def test_damaged_settings_are_refused(folder, content):
    (folder.path / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(RunError, match=r"no readable config\.json"):
        folder.config()


def test_settings_of_another_version_are_refused(folder):
    folder.write("config", {"version": 99})
    with pytest.raises(ConfigurationError):
        folder.config()


def test_the_tokenizer_comes_back(folder):
    folder.write("tokenizer", CharacterTokenizer.train("abc").to_dict())
    assert folder.tokenizer().decode([0, 1, 2]) == "abc"


def test_a_run_without_a_tokenizer_says_so(folder):
    with pytest.raises(RunError, match="no tokenizer yet"):
        folder.tokenizer()


def test_a_damaged_tokenizer_is_refused(folder):
    folder.write("tokenizer", {"kind": "character"})
    with pytest.raises(TokenizerError):
        folder.tokenizer()


def test_a_json_file_that_is_missing_or_damaged_reads_as_empty(folder):
    assert folder.read("state") == {}
    (folder.path / "state.json").write_text("[1, 2]", encoding="utf-8")
    assert folder.read("state") == {}
    (folder.path / "state.json").write_bytes(b'{"a": "\xff"}')
    assert folder.read("state") == {}


def test_a_json_file_is_removed_whether_it_is_there_or_not(folder):
    folder.write("exit", {"outcome": "paused"})
    for _ in range(2):
        folder.remove("exit")
        assert folder.read("exit") == {}


def test_a_run_is_queued_exactly_while_its_file_is_there(folder):
    assert not folder.is_queued
    (folder.path / "queued.json").write_text("damaged", encoding="utf-8")
    assert folder.is_queued
    folder.remove("queued")
    assert not folder.is_queued


def test_requests_add_up(folder):
    folder.request(stop=True)
    folder.request(sample=1)
    control = folder.read("control")
    assert control["stop"] is True
    assert control["sample"] == 1
    assert control["at"] == pytest.approx(time.time(), abs=60)


def test_a_request_that_cannot_be_written_says_so(folder, refuse_writes):
    refuse_writes()
    with pytest.raises(RunError, match="No space left on device"):
        folder.request(stop=True)


def test_lines_come_back_in_order_in_any_script(folder):
    rows = [{"text": "a\u2028b\nc"}, {"text": "ä 日本 😀"}]
    for row in rows:
        folder.append("samples", row)
    assert folder.lines("samples") == rows
    assert folder.path.joinpath("samples.jsonl").read_bytes().count(b"\n") == 2


def test_lines_of_a_file_that_is_not_there_are_none(folder):
    assert folder.lines("metrics") == []


@pytest.mark.parametrize("half", [b'{"step": 2', b'{"step": 2}', b'{"text": "\xc3', b"{"])
def test_a_half_written_last_line_is_left_out_until_it_is_whole(folder, half):
    folder.append("metrics", {"step": 1})
    with folder.metrics.open("ab") as file:
        file.write(half)
    assert folder.lines("metrics") == [{"step": 1}]


def test_a_damaged_line_costs_itself_only(folder):
    folder.append("metrics", {"step": 1})
    with folder.metrics.open("ab") as file:
        file.write(b'{"step": 2\n[3]\n\xff\xfe\n')
    folder.append("metrics", {"step": 4})
    assert folder.lines("metrics") == [{"step": 1}, {"step": 4}]


def test_the_end_of_the_log_is_short_and_without_blank_lines(folder):
    assert folder.log_tail(3) == []
    lines = [f"line {number}" for number in range(5000)]
    folder.log.write_bytes("\n\n".join(lines).encode() + b"\n\xff last\n\n")
    assert folder.log_tail(3) == ["line 4998", "line 4999", "\ufffd last"]


def test_a_run_without_a_lock_is_not_alive_and_asking_makes_none(folder):
    assert not folder.is_alive()
    assert list(folder.path.iterdir()) == []


def test_a_run_is_alive_exactly_while_its_lock_is_held(folder):
    with folder.lock():
        assert folder.is_alive()
    assert not folder.is_alive()


def test_a_lock_file_that_nobody_holds_means_nothing(folder):
    (folder.path / "lock").touch()
    assert not folder.is_alive()


def test_somebody_who_is_just_asking_is_not_a_worker(folder, monkeypatch):
    answers = [True, False]
    monkeypatch.setattr(RunDirectory, "_is_locked", lambda _: answers.pop(0))
    assert not folder.is_alive()


def test_many_who_ask_at_once_never_see_a_worker(folder):
    (folder.path / "lock").touch()
    answers = []

    def ask():
        answers.extend(folder.is_alive() for _ in range(5))

    viewers = [threading.Thread(target=ask) for _ in range(4)]
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join()
    # Two who ask may meet twice in a row, but it must stay a rare accident.
    assert sum(answers) <= 2


def test_a_lock_that_cannot_be_opened_is_not_held(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    (folder.path / "lock").touch()
    monkeypatch.setattr(FileLock, "acquire", refuse)
    assert not folder.is_alive()


def test_the_step_that_is_named_is_meant(trained):
    for checkpoint in list_checkpoints(trained.weights):
        assert choose_checkpoint(trained, checkpoint.step) == checkpoint


def test_without_a_step_the_one_with_the_lowest_validation_loss_is_meant(trained):
    losses = {
        one.step: one.validation_loss
        for one in list_checkpoints(trained.weights)
        if one.validation_loss is not None
    }
    assert choose_checkpoint(trained, None).step == min(losses, key=losses.get)


def test_a_step_that_was_not_saved_is_refused_with_those_that_were(trained):
    with pytest.raises(RunError, match=r"Nothing was saved at step 11\. Saved steps: 0, "):
        choose_checkpoint(trained, 11)


def test_a_run_without_weights_says_so(run):
    with pytest.raises(RunError, match="has saved no weights yet"):
        choose_checkpoint(run, None)


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.runs.directory; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


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


def test_a_disk_that_refuses_leaves_the_records_as_they_were(recorded, refuse_writes):
    refuse_writes()
    with pytest.raises(OSError, match="No space"):
        write_rows(recorded, "metrics", [])
    assert steps(recorded, "metrics") == list(range(6))
