"""Texts to learn from, and a small stand-in for GPT-2's vocabulary on a loopback server."""

import hashlib
import random
import string
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from minigpt.tokenizers import gpt2
from minigpt.tokenizers.rank_file import RankFile

REPOSITORY = Path(__file__).parents[3]
SHAKESPEARE_FILE = REPOSITORY.parent / "shared" / "data" / "tinyshakespeare.txt"
# GPT-2's first seven merges, in its own notation: "Ġ" is a space.
MERGES = "#version: 0.2\nĠ t\nĠ a\nh e\ni n\nr e\no n\nĠt he\n".encode()

CORPUS = (
    "Hello there, my name is Ada.\n"
    "my name is what you like — don't wait!  The train's late; (very) \"late\".\n"
    "\tIndented,\ttabbed\r\n"
    "ألف ليلة وليلة, 日本語の文, naïve Ünïcode … 😀👩‍👩‍👧\n"
    "\n"
    "x = [1, 22, 333] <b>bold</b> <unk> <join> snake_case\n"
    " leading and trailing \n"
)


class Server(HTTPServer):
    """Answers every request with `answer`, after `status`, and counts the requests."""

    answer = MERGES
    status = 200
    requests = 0
    chunk_pause = 0.0

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.closing = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/vocab.bpe"

    def ranks(self, **limits):
        """The address together with the checksum of the right answer."""
        return RankFile(url=self.url, sha256=hashlib.sha256(MERGES).hexdigest(), **limits)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.requests += 1
        self.send_response(server.status)
        self.send_header("Content-Length", str(len(server.answer)))
        self.end_headers()
        for start in range(0, len(server.answer), 16):
            with suppress(OSError):
                self.wfile.write(server.answer[start : start + 16])
            if server.chunk_pause and server.closing.wait(server.chunk_pause):
                return

    def log_message(self, *_):
        pass


def serve() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server():
    yield from serve()


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path


@pytest.fixture(scope="module")
def small_gpt2(tmp_path_factory):
    """Let Gpt2Tokenizer read seven merges from a loopback server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIGPT_DATA", str(tmp_path_factory.mktemp("data")))
        patch.setenv("NO_PROXY", "127.0.0.1")
        for server in serve():
            patch.setattr(gpt2, "GPT2_RANKS", server.ranks())
            yield


@pytest.fixture(scope="session")
def corpus():
    return CORPUS


@pytest.fixture(scope="session")
def shakespeare():
    """Tiny Shakespeare, or, where it is absent, a text with its 65 characters and its start."""
    if SHAKESPEARE_FILE.exists():
        return SHAKESPEARE_FILE.read_text(encoding="utf-8")
    characters = "\n !$&',-.3:;?" + string.ascii_letters
    chance = random.Random(0)
    words = ("".join(chance.choices("aeinorst", k=chance.randint(1, 7))) for _ in range(20_000))
    opening = "First Citizen:\nBefore we proceed any further, hear me speak.\n"
    return opening + characters + " ".join(words)
