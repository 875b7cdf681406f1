import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from minigpt.jobs import fork_server
from minigpt.jobs.fork_server import (
    NONE,
    REOPEN_SECONDS,
    VARIABLE,
    KeptForkServer,
    can_be_opened,
    open_fork_server,
    start_forked,
    wait_until_ready,
)
from minigpt.jobs.processes import worker_environment
from minigpt.jobs.worker import forking
from minigpt.runs.store import PROJECT_FOLDER
from minigpt.training.config import ComputeConfig

PATIENCE_SECONDS = 180.0
PROGRAM = "tests.minigpt.jobs.forked"

pytestmark = pytest.mark.skipif(not can_be_opened(), reason="none can be opened here")


@pytest.fixture
def environment(fork_server_address):
    return {**worker_environment(ComputeConfig()), VARIABLE: fork_server_address}


@pytest.fixture
def begin(environment, tmp_path):
    """Begins code in a process that is forked; `output` is what it prints."""

    def begin(code, **variables):
        given = {**environment, **variables}
        for _attempt in range(5):  # who gets no turn for seconds while asking is told nothing
            if begun := start_forked(PROGRAM, code, output=tmp_path / "output", environment=given):
                return begun
        return None

    return begin


@pytest.fixture
def output(begin, tmp_path):
    def output(code, **variables):
        begin(code, **variables).wait()
        return (tmp_path / "output").read_text(encoding="utf-8").strip()

    return output


def wait_for(condition):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def test_what_is_slow_to_import_is_there_already(output):
    assert output("import sys; print('torch' in sys.modules)") == "True"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("", 0),
        ("status = 3", 3),
        ("import sys; sys.exit(4)", 4),
        ("raise ValueError('like this')", 1),
        ("import os; os._exit(5)", 5),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -15),
    ],
)
def test_its_end_is_told_as_that_of_any_process(begin, code, status):
    assert begin(code).wait() == status


def test_what_it_prints_and_why_it_broke_is_written_to_the_end_of_a_file(output, tmp_path):
    (tmp_path / "output").write_text("before\n", encoding="utf-8")
    code = (
        "import sys; print('out', flush=True); print('ä', file=sys.stderr); sys.stdin.read(); 1 / 0"
    )
    lines = output(code).splitlines()
    assert lines[:3] == ["before", "out", "ä"]
    assert lines[-1] == "ZeroDivisionError: division by zero"


def test_it_has_a_session_of_its_own_and_the_number_that_was_told(begin, tmp_path):
    process = begin("import os; print(os.getpid(), os.getsid(0), os.getpgid(0))")
    process.wait()
    assert set((tmp_path / "output").read_text().split()) == {str(process.pid)}


def test_it_finds_the_environment_and_the_folder_that_were_asked_for(output, monkeypatch, tmp_path):
    monkeypatch.setenv("NOT_HANDED_ON", "1")
    monkeypatch.chdir(tmp_path)
    code = "import os; print(os.environ['HANDED_ON'], 'NOT_HANDED_ON' in os.environ, os.getcwd())"
    assert output(code, HANDED_ON="yes").split() == ["yes", "False", str(tmp_path)]


def test_it_ends_first_where_memory_runs_out_and_lets_others_go_before(output):
    code = "import os; print(open('/proc/self/oom_score_adj').read().strip(), os.nice(0))"
    score, niceness = map(int, output(code).split())
    assert score == 1000
    assert niceness >= 5


def test_it_holds_nothing_of_the_server_or_of_others(begin, output, tmp_path):
    other = begin("import time; time.sleep(600)")
    code = (
        "import os, signal\n"
        "for number in range(3, 100):\n"
        "    try: print(os.readlink(f'/proc/self/fd/{number}'))\n"
        "    except OSError: pass\n"
        "print(signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL)"
    )
    *held, is_default = output(code).splitlines()
    assert is_default == "True"
    assert [name for name in held if name.startswith(("socket:", "pipe:", "anon_inode:"))] == []
    os.kill(other.pid, signal.SIGKILL)
    assert other.wait() == -signal.SIGKILL


def test_each_of_twenty_at_once_is_told_its_own_end(begin):
    def end(number):
        return begin(f"import time; time.sleep(0.02 * {20 - number}); status = {number}").wait()

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(end, range(20))) == list(range(20))


@pytest.mark.parametrize(
    "changed", [{"OMP_NUM_THREADS": "77"}, {"PYTHONPATH": "elsewhere"}, {"LD_PRELOAD": "one.so"}]
)
def test_what_has_to_be_loaded_otherwise_is_not_forked(begin, changed):
    assert begin("", **changed) is None


@pytest.mark.parametrize("address", [NONE, "", "/no/such/socket"])
def test_where_there_is_no_server_nothing_is_forked(begin, address):
    assert begin("", **{VARIABLE: address}) is None


@pytest.mark.parametrize(
    "request_line",
    [
        b"", b"\n", b"not JSON\n", b"[]\n", b'{"module": 1}\n', b"\xff\xfe\n",
        b'{"module": "a", "argument": "", "output": "", "folder": "", "environment": []}\n',
        b"x" * (forking.LARGEST_REQUEST + 100_000),
    ],
)  # fmt: skip
def test_what_is_no_request_is_not_answered_and_others_are(begin, environment, request_line):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(environment[VARIABLE])
        connection.settimeout(PATIENCE_SECONDS)
        try:
            connection.sendall(request_line)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
        except ConnectionError:  # closed before all was read
            pass
    assert begin("status = 6").wait() == 6


def test_who_says_nothing_holds_up_nobody_for_long(begin, environment):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(environment[VARIABLE])
        assert begin("status = 7").wait() == 7


def test_for_whoever_has_left_nothing_is_begun(begin, own_fork_server, environment, tmp_path):
    os.kill(own_fork_server.process.pid, signal.SIGSTOP)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(environment[VARIABLE])
        request = {
            "module": PROGRAM, "argument": "print('begun')", "output": str(tmp_path / "output"),
            "folder": str(tmp_path), "environment": environment,
        }  # fmt: skip
        connection.sendall(json.dumps(request).encode() + b"\n")
    os.kill(own_fork_server.process.pid, signal.SIGCONT)
    assert begin("status = 8").wait() == 8
    assert (tmp_path / "output").read_text() == ""


def test_what_takes_too_long_is_killed(begin):
    process = begin("import time; time.sleep(600)")
    with pytest.raises(TimeoutError):
        process.wait_or_kill(0.1)
    wait_for(lambda: not Path(f"/proc/{process.pid}").exists())


def test_where_the_file_cannot_be_written_it_ends_as_failed(environment, tmp_path):
    process = start_forked(PROGRAM, "", output=tmp_path, environment=environment)
    assert process.wait() == 1


OPENS = f"""
import sys, time
from minigpt.jobs.processes import open_fork_server, worker_environment
from minigpt.jobs.fork_server import start_forked, wait_until_ready
from minigpt.training.config import ComputeConfig
from pathlib import Path
server = open_fork_server()
wait_until_ready({PATIENCE_SECONDS})
environment = worker_environment(ComputeConfig())
output = Path(sys.argv[2])
forked = start_forked({PROGRAM!r}, sys.argv[1], output=output, environment=environment)
print(server.process.pid, forked.pid, environment[{VARIABLE!r}], flush=True)
time.sleep(600)
"""


def test_it_ends_with_the_process_that_opened_it_and_those_that_were_forked_go_on(
    tmp_path, monkeypatch
):
    monkeypatch.delenv(VARIABLE, raising=False)
    go = tmp_path / "go"
    waits = f"while not os.path.exists({str(go)!r}): time.sleep(0.02)"
    code = f"import os, time\n{waits}\nprint('went on')"
    command = [sys.executable, "-c", OPENS, code, str(tmp_path / "output")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT_FOLDER) as app:
        server, forked, address = app.stdout.readline().split()
        app.kill()
    wait_for(lambda: not Path(address.decode()).parent.exists())
    wait_for(lambda: not _is_running(int(server)))
    assert _is_running(int(forked))
    go.touch()
    wait_for(lambda: "went on" in (tmp_path / "output").read_text())


# A process that ends once the server has left its loop, and the sockets that woke it are gone.
ENDS_LATE = """
import signal, socket
from minigpt.jobs.worker.forking import Forker
assert Forker(socket.socket(socket.AF_UNIX), {}).serve() is None
signal.raise_signal(signal.SIGCHLD)
"""


def test_one_that_ends_says_nothing_of_processes_that_end_with_it():
    command = [sys.executable, "-c", ENDS_LATE]
    ended = subprocess.run(command, cwd=PROJECT_FOLDER, input="", stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def _is_running(pid):
    # One that has ended and that nobody has asked after is a zombie.
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_who_waits_for_one_when_the_server_ends_is_told_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    server = open_fork_server(worker_environment(ComputeConfig()))
    wait_until_ready(PATIENCE_SECONDS)
    environment = worker_environment(ComputeConfig())
    forked = start_forked(
        PROGRAM, "import time; time.sleep(600)", output=tmp_path / "output", environment=environment
    )
    server.close()
    assert forked.wait() is None
    assert _is_running(forked.pid)
    os.kill(forked.pid, signal.SIGKILL)
    assert start_forked(PROGRAM, "", output=tmp_path / "output", environment=environment) is None


def test_one_that_was_killed_is_opened_again_and_forks(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    opened, now = [], [0.0]

    def open_one():
        opened.append(open_fork_server(worker_environment(ComputeConfig())))
        return opened[-1]

    kept = KeptForkServer(open_one, clock=lambda: now[0])
    kept.keep()
    wait_until_ready(PATIENCE_SECONDS)
    first = os.environ[VARIABLE]
    kept.keep()
    os.kill(opened[0].process.pid, signal.SIGKILL)
    opened[0].process.wait()
    kept.keep()
    assert len(opened) == 1, "not again within a minute"
    now[0] += REOPEN_SECONDS
    kept.keep()
    assert not Path(first).parent.exists()
    wait_until_ready(PATIENCE_SECONDS)
    environment = worker_environment(ComputeConfig())
    forked = start_forked(
        PROGRAM, "print('here')", output=tmp_path / "output", environment=environment
    )
    assert forked.wait() == 0
    kept.keep()
    assert len(opened) == 2
    opened[1].close()


def test_where_none_can_be_opened_it_is_not_tried_at_every_turn():
    tried, now = [], [0.0]
    kept = KeptForkServer(lambda: tried.append(1), clock=lambda: now[0])
    for seconds in (0.0, 1.0, REOPEN_SECONDS - 1, REOPEN_SECONDS, REOPEN_SECONDS + 1):
        now[0] = seconds
        kept.keep()
    assert len(tried) == 2


@pytest.mark.parametrize("value", [NONE, "/some/other"])
def test_none_is_opened_where_the_environment_has_one_or_wants_none(monkeypatch, value):
    monkeypatch.setenv(VARIABLE, value)
    assert open_fork_server({}) is None
    assert os.environ[VARIABLE] == value


@pytest.mark.parametrize("memory", [None, 0, fork_server.SPARE_MEMORY - 1])
def test_none_is_opened_where_little_memory_is_free(monkeypatch, this_machine, memory):
    monkeypatch.delenv(VARIABLE, raising=False)
    this_machine(available=memory)
    assert open_fork_server({}) is None


def test_none_is_opened_where_there_is_a_graphics_card(monkeypatch, this_machine):
    monkeypatch.delenv(VARIABLE, raising=False)
    this_machine(available=10**12, graphics="Some Card")
    assert open_fork_server({}) is None


def test_one_that_cannot_load_is_not_waited_for(monkeypatch, tmp_path):
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "torch.py").write_text("raise ImportError('none here')", encoding="utf-8")
    server = open_fork_server({**os.environ, "PYTHONPATH": f"{tmp_path}:{PROJECT_FOLDER}"})
    began = time.monotonic()
    wait_until_ready(PATIENCE_SECONDS)
    assert time.monotonic() - began < PATIENCE_SECONDS
    server.close()
    assert server.process.returncode == 1
    assert not Path(os.environ[VARIABLE]).parent.exists()


def test_one_that_is_not_ready_is_waited_for_no_longer_than_said(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "never"))
    began = time.monotonic()
    wait_until_ready(0.2)
    assert 0.2 <= time.monotonic() - began < PATIENCE_SECONDS
