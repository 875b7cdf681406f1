"""A small stand-in for GPT-2's vocabulary on a loopback server."""

import dataclasses
import hashlib
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer

from minigpt.downloads.limits import TransferLimits
from minigpt.downloads.verified import Download
from minigpt.tokenizers.gpt2 import GPT2_RANKS

# GPT-2's first seven merges, in its own notation: "Ġ" is a space.
MERGES = "#version: 0.2\nĠ t\nĠ a\nh e\ni n\nr e\no n\nĠt he\n".encode()


def small_ranks(url: str, **limits: float) -> Download:
    """GPT-2's vocabulary as the app fetches it, but for its address and content."""
    return dataclasses.replace(
        GPT2_RANKS,
        url=url,
        sha256=hashlib.sha256(MERGES).hexdigest(),
        file_name="tokenizers/small.ranks",
        limits=TransferLimits(**limits),
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
        return small_ranks(self.url, **limits)


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
