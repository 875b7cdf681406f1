import socket
import time

from minigpt.downloads.guard import Deadline


def test_blocked_reading_ends_when_the_time_is_over() -> None:
    reader, writer = socket.socketpair()
    with reader, writer, Deadline(0.05) as deadline:
        deadline.watch(reader)
        started = time.monotonic()
        reader.settimeout(5)
        assert reader.recv(1) == b""
        assert time.monotonic() - started < 2
        assert deadline.expired


def test_nothing_happens_before() -> None:
    reader, writer = socket.socketpair()
    with reader, writer:
        with Deadline(60.0) as deadline:
            deadline.watch(reader)
            writer.sendall(b"a")
            assert reader.recv(1) == b"a"
        assert not deadline.expired
        writer.sendall(b"b")
        assert reader.recv(1) == b"b"


def test_a_socket_that_comes_too_late_is_shut_down_at_once() -> None:
    reader, writer = socket.socketpair()
    with reader, writer, Deadline(0.0) as deadline:
        while not deadline.expired:
            time.sleep(0.001)
        deadline.watch(reader)
        reader.settimeout(5)
        assert reader.recv(1) == b""
