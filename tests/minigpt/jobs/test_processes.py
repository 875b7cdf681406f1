import errno
import importlib
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress

import pytest

from minigpt.errors import DiskFullError, RunError
from minigpt.host import RESERVE_BYTES
from minigpt.jobs import processes
from minigpt.jobs.processes import launch, live_worker_pid, of_this_process, start_time_of
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status, reason_of
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
            assert command[:4] == [sys.executable, "-P", "-m", "minigpt.jobs.worker.process"]
            return real([sys.executable, "-c", source, command[4]], **options)

        monkeypatch.setattr(subprocess, "Popen", start)

    return replace


def test_a_worker_is_noted_while_it_runs_and_after_it_ended(run, code):
    code("import time; time.sleep(0.5)")
    launch(run)
    note = run.read("launch")
    assert note["at"] == pytest.approx(time.time(), abs=60)
    assert note["pid"] > 0
    assert status_of(run) is Status.STARTING
    assert end_of(run) == 0
    assert run.read("launch") == {**note, "exit_code": 0}


SCORE = "import pathlib; print(pathlib.Path('/proc/self/oom_score_adj').read_text())"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be told what to end first")
@pytest.mark.parametrize(
    "module", ["minigpt.jobs.worker.process", "minigpt.jobs.estimate.timing_process"]
)
def test_where_memory_runs_out_what_computes_ends_first(module):
    score = processes.OUT_OF_MEMORY_FILE.read_text()
    # The module as the system starts it, and then what the system says of that very process.
    source = (
        "import runpy, sys\nsys.argv = ['x', '{}']\n"
        f"try: runpy.run_module({module!r}, run_name='__main__')\nexcept BaseException: pass\n"
    )
    told = subprocess.run(
        [sys.executable, "-c", source + SCORE], capture_output=True, text=True, check=True,
        cwd=PROJECT_FOLDER,
    )  # fmt: skip
    assert told.stdout.split()[-1] == "1000"
    assert processes.OUT_OF_MEMORY_FILE.read_text() == score


def test_where_the_system_cannot_be_told_nothing_happens(tmp_path):
    processes.die_first(tmp_path / "none")
    assert not (tmp_path / "none").exists()


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
    with run.lock():  # so that the real worker refuses
        launch(run)
        assert end_of(run) == 1
    assert "Another worker is training this run already" in run.log.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="sessions are a thing of POSIX")
def test_a_worker_has_a_session_of_its_own(run, code):
    code("import os; print(os.getsid(0) == os.getpid())")
    launch(run)
    end_of(run)
    assert run.log.read_text(encoding="utf-8").strip() == "True"


def told(run, code, names):
    """The worker's environment, as far as it is asked for."""
    code(f"import os; print(*(os.environ.get(name) for name in {names}), sep='|')")
    launch(run)
    end_of(run)
    return run.log.read_text(encoding="utf-8").strip().splitlines()[-1].split("|")


def test_a_worker_has_its_share_of_the_cores(run, code, this_machine, monkeypatch):
    this_machine(cores=12)
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "4")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")  # of a worker that starts the next one
    names = ["OMP_NUM_THREADS", "MINIGPT_MAX_RUNNING"]
    assert told(run, code, names) == ["3", "4"]


def test_a_run_may_ask_for_a_number_of_threads(run, code):
    config = run.read("config")
    run.write("config", {**config, "compute": {**config.get("compute", {}), "threads": 5}})
    assert told(run, code, ["OMP_NUM_THREADS"]) == ["5"]


def test_what_a_worker_hands_on_does_not_add_up(run, code, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PROJECT_FOLDER), "somewhere"]))
    [path] = told(run, code, ["PYTHONPATH"])
    assert path.split(os.pathsep) == [str(PROJECT_FOLDER), "somewhere"]


def test_a_worker_is_not_told_of_the_equals_of_the_one_before(run, code, monkeypatch):
    names = ["RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_PORT", "TORCHELASTIC_RUN_ID"]
    for name in names:
        monkeypatch.setenv(name, "1")
    assert told(run, code, names) == ["None"] * len(names)


def test_somebody_is_told_when_the_process_has_ended(run, code):
    ended = threading.Event()
    code("pass")
    launch(run, on_end=ended.set)
    assert ended.wait(PATIENCE_SECONDS)
    assert "exit_code" in run.read("launch")


def test_the_end_of_an_earlier_worker_is_not_noted_over_a_later_one(run, code):
    code("import sys, time; time.sleep(0.5)")
    ended = threading.Event()
    launch(run, on_end=ended.set)
    later = {"at": time.time() + 1, "pid": 1}
    run.write("launch", later)
    assert ended.wait(PATIENCE_SECONDS)
    assert run.read("launch") == later


def test_nothing_is_started_on_a_full_disk(run, full_host):
    with pytest.raises(DiskFullError):
        launch(RunDirectory(run.path, full_host))
    assert run.read("launch") == {}


def test_nothing_is_started_without_room_for_the_last_words(run, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFullError, match="no room left"):
        launch(run)
    assert run.read("launch") == {}


def test_room_for_the_last_words_is_kept(run, code):
    code("pass")
    launch(run)
    assert run.reserve.stat().st_size == RESERVE_BYTES
    end_of(run)


@pytest.fixture
def stranger():
    """A process that has nothing to do with any run."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


def test_a_process_keeps_its_start_time(stranger):
    first = start_time_of(stranger.pid)
    assert first
    assert start_time_of(stranger.pid) == first
    assert start_time_of(os.getpid()) == of_this_process().started


def test_processes_of_other_times_have_other_start_times(stranger):
    time.sleep(0.05)
    assert start_time_of(stranger.pid) != start_time_of(os.getpid())


def test_a_process_that_is_gone_has_none(stranger):
    stranger.kill()
    stranger.wait()
    assert start_time_of(stranger.pid) is None


def test_a_program_name_cannot_fool_the_reader(monkeypatch, tmp_path):
    # The name of a program may look like the fields that follow it.
    stat = b"7 (x) S 1 (y)) S " + b" ".join(b"%d" % number for number in range(4, 53))
    monkeypatch.setattr(processes.Path, "read_text", lambda *_, **__: stat.decode())
    assert processes._from_proc(7) == "22"


@pytest.mark.parametrize("content", ["", "7 (x) S 1 2", ")"])
def test_a_damaged_answer_is_none(monkeypatch, content):
    monkeypatch.setattr(processes.Path, "read_text", lambda *_, **__: content)
    assert processes._from_proc(7) is None


@pytest.mark.skipif(os.name != "posix", reason="ps is a program of POSIX")
def test_where_there_is_no_proc_others_are_asked(stranger, monkeypatch):
    with suppress(ImportError):  # it would remember the other system
        importlib.import_module("psutil")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert start_time_of(stranger.pid) == start_time_of(stranger.pid) is not None
    told = processes._from_ps(stranger.pid)
    assert told is None or "20" in told  # a date; or there is no ps here
    stranger.kill()
    stranger.wait()
    assert start_time_of(stranger.pid) is None


def test_without_any_way_to_tell_nobody_is_recognised(run, monkeypatch):
    monkeypatch.setattr(processes, "start_time_of", lambda _: None)
    run.write("process", of_this_process().to_json())
    with run.lock():
        assert live_worker_pid(run) is None


def test_a_worker_is_recognised_while_it_holds_its_lock(run):
    run.write("process", of_this_process().to_json())
    with run.lock():
        assert live_worker_pid(run) == os.getpid()
    assert live_worker_pid(run) is None


def test_a_number_that_was_used_again_is_not_taken_for_the_worker(run, stranger):
    run.write("process", {"pid": stranger.pid, "started": start_time_of(os.getpid())})
    with run.lock():
        assert live_worker_pid(run) is None


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"pid": 1},
        {"pid": 0, "started": "1"},
        {"pid": -1, "started": "1"},
        {"pid": "x", "started": "1"},
        {"pid": 2**40, "started": "1"},
        {"pid": os.getpid(), "started": ""},
        {"pid": os.getpid(), "started": None},
        {"pid": os.getpid(), "started": 5},
    ],
)
def test_damaged_notes_identify_nobody(run, written):
    run.write("process", written)
    with run.lock():
        assert live_worker_pid(run) is None
