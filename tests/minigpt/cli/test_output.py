import sys
from io import BytesIO, TextIOWrapper

import pytest

from minigpt.cli.output import print_result, print_status


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


def test_a_stream_without_an_encoding_takes_everything(monkeypatch):
    class Plain:
        encoding = None
        written = ""

        def write(self, text):
            self.written += text

    plain = Plain()
    monkeypatch.setattr(sys, "stdout", plain)
    print_result("日本")
    assert plain.written == "日本\n"
