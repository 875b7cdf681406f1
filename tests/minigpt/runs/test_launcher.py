import os
import subprocess
import sys
import time

import pytest

from minigpt.corpora import add_text, load_corpus
from minigpt.errors import CorpusError, RunError
from minigpt.runs import launcher
from minigpt.runs.ending import reason_of
from minigpt.runs.launcher import checked_config, launch, start_run
from minigpt.runs.status import Status
from minigpt.runs.store import PROJECT_FOLDER, status_of

PATIENCE_SECONDS = 30.0


def end_of(run):
    """Wait until the launcher has seen the worker's process end."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while "exit_code" not in run.read("launch"):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return run.read("launch")["exit_code"]


@pytest.fixture
def code(monkeypatch):
    """Runs other code in place of the worker, by the launcher's own command line."""
    real = subprocess.Popen

    def replace(source):
        def start(command, **options):
            assert command[:4] == [sys.executable, "-P", "-m", "minigpt.runs.worker"]
            return real([sys.executable, "-c", source, command[4]], **options)

        monkeypatch.setattr(subprocess, "Popen", start)

    return replace


def test_a_config_gets_the_checksum_of_its_text(tiny):
    checked = checked_config(tiny)
    assert checked.corpus.sha256 == load_corpus("sentences").sha256
    assert checked.changed({"corpus.sha256": ""}) == tiny


def test_a_text_too_short_for_the_context_is_refused_before_a_run_is_made(store, tiny):
    name = add_text("short", "abcdefghij" * 5).name
    with pytest.raises(CorpusError, match="a context of 8 needs 9"):
        start_run(store, tiny.changed({"corpus.name": name}), name="short")
    assert store.all() == []


def test_a_text_that_is_not_there_is_refused_before_a_run_is_made(store, tiny):
    with pytest.raises(CorpusError, match="There is no text called 'gone'"):
        start_run(store, tiny.changed({"corpus.name": "gone"}), name="gone")
    assert store.all() == []


def test_starting_writes_the_run_down_and_launches_it(store, tiny, monkeypatch):
    launched = []
    monkeypatch.setattr(launcher, "launch", launched.append)
    run = start_run(store, tiny, name="mine")
    assert launched == [run]
    assert run.config() == checked_config(tiny)


def test_a_worker_is_noted_while_it_runs_and_after_it_ended(run, code):
    code("import time; time.sleep(0.5)")
    launch(run)
    note = run.read("launch")
    assert note["at"] == pytest.approx(time.time(), abs=60)
    assert note["pid"] > 0
    assert status_of(run) is Status.STARTING
    assert end_of(run) == 0
    assert run.read("launch") == {**note, "exit_code": 0}


def test_what_a_worker_prints_goes_to_the_log(run, code):
    code("import sys; print('out'); print('ä', file=sys.stderr)")
    launch(run)
    end_of(run)
    assert run.log.read_text(encoding="utf-8").split() == ["out", "ä"]


def test_a_worker_that_breaks_on_import_is_failed_at_once_with_its_last_words(run, code):
    code("import no_such_module")
    launch(run)
    assert end_of(run) == 1
    assert status_of(run) is Status.FAILED
    assert "No module named 'no_such_module'" in reason_of(run, Status.FAILED)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a process cannot end by a signal")
def test_a_worker_killed_before_its_first_sign_of_life_is_killed_at_once(run, code):
    code("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    launch(run)
    assert end_of(run) == -9
    assert status_of(run) is Status.KILLED
    assert "SIGKILL" in reason_of(run, Status.KILLED)


def test_an_interpreter_that_does_not_exist_is_a_failed_run_with_a_reason(run, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(run.path / "no-python"))
    with pytest.raises(RunError, match="could not be started"):
        launch(run)
    assert status_of(run) is Status.FAILED
    assert "could not be started" in reason_of(run, Status.FAILED)


def test_a_log_that_cannot_be_written_is_an_error_for_people(run):
    run.log.mkdir()
    with pytest.raises(RunError, match="could not be started"):
        launch(run)


def test_a_run_deleted_while_its_worker_ends_disturbs_nobody(store, run, code):
    code("import sys; sys.stdin.read()")
    run.write("exit", {"outcome": "finished"})
    launch(run)
    store.delete(run.id)
    time.sleep(0.2)
    assert list(store.root.iterdir()) == []


def test_the_worker_finds_the_package_from_any_folder(run, code, monkeypatch, tmp_path):
    (tmp_path / "json.py").write_text("raise SystemExit('not the real one')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", "somewhere")
    code("import os; print(os.environ['PYTHONPATH'])")
    launch(run)
    end_of(run)
    assert run.log.read_text(encoding="utf-8").strip() == os.pathsep.join(
        [str(PROJECT_FOLDER), "somewhere"]
    )


def test_a_file_in_the_current_folder_does_not_pass_for_a_module(run, monkeypatch, tmp_path):
    (tmp_path / "logging.py").write_text("raise SystemExit(77)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run.write("state", {"heartbeat": time.time()})  # so that the real worker refuses at once
    launch(run)
    assert end_of(run) == 1
    assert "has trained this run before" in run.log.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="sessions are a thing of POSIX")
def test_a_worker_has_a_session_of_its_own(run, code):
    code("import os; print(os.getsid(0) == os.getpid())")
    launch(run)
    end_of(run)
    assert run.log.read_text(encoding="utf-8").strip() == "True"
