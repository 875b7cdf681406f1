import os
import subprocess
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path

import pytest

from minigpt.cli.main import DONE, FAILED
from minigpt.cli.output import print_result, print_status
from minigpt.runs.store import PROJECT_FOLDER


def test_answers_and_messages_go_to_streams_of_their_own(capsys):
    print_result("an answer")
    print_status("a message")
    assert capsys.readouterr() == ("an answer\n", "a message\n")


@pytest.mark.parametrize(
    ("encoding", "written"),
    [("utf-8", "é日本".encode()), ("latin-1", b"\xe9??"), ("ascii", b"???")],
)
def test_what_a_terminal_cannot_write_becomes_a_question_mark(monkeypatch, encoding, written):
    terminal = TextIOWrapper(BytesIO(), encoding=encoding, newline="\n")
    monkeypatch.setattr(sys, "stdout", terminal)
    print_result("é日本")
    terminal.flush()
    assert terminal.buffer.getvalue() == written + b"\n"


class Terminal(StringIO):
    def isatty(self):
        return True


def test_no_text_of_a_stranger_commands_a_terminal(monkeypatch):
    text = "\x1b]52;c;cm0=\x07\x9b2J\rline\n\ttab\x7f é"
    harmless = "\\x1b]52;c;cm0=\\x07\\x9b2J\\x0dline\n\ttab\\x7f é\n"
    for stream, say in (("stdout", print_result), ("stderr", print_status)):
        monkeypatch.setattr(sys, stream, Terminal())
        say(text)
        assert getattr(sys, stream).getvalue() == harmless
        monkeypatch.setattr(sys, stream, StringIO())
        say(text)
        assert getattr(sys, stream).getvalue() == text + "\n"


def test_a_stream_without_an_encoding_takes_everything(monkeypatch):
    class Plain:
        encoding = None
        written = ""

        def isatty(self):
            return False

        def write(self, text):
            self.written += text

    plain = Plain()
    monkeypatch.setattr(sys, "stdout", plain)
    print_result("日本")
    assert plain.written == "日本\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["presets"], ["corpora", "--json"]])
def test_a_reader_who_has_left_is_no_error(arguments, unbuffered):
    reader, writer = os.pipe()
    os.close(reader)  # as `| head -1` does when it has what it wants
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "minigpt", *arguments],
            cwd=PROJECT_FOLDER,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},  # noticed at once, or at the end
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writer)
    assert (ended.returncode, ended.stderr) == (DONE, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_results_that_find_no_room_are_a_failure_told_in_a_line():
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "minigpt", "presets"],
            cwd=PROJECT_FOLDER, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    [line] = ended.stderr.splitlines()
    assert ended.returncode == FAILED
    assert "No space left on device" in line
