"""An HTTP server on the loopback address, for what comes from the web."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from minigpt.downloads.limits import TransferLimits

Answer = Callable[[BaseHTTPRequestHandler], None]
PATIENCE_SECONDS = 60.0
"""With a server that answers: on a busy machine that may take seconds."""
LIMITS = TransferLimits(
    connect_seconds=PATIENCE_SECONDS,
    read_seconds=PATIENCE_SECONDS,
    total_seconds=PATIENCE_SECONDS,
    max_bytes=1000,
)
"""For a small answer."""


class Loopback:
    """A real server; `answers` maps a path to what happens when it is asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.stopping = threading.Event()
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                loopback.asked.append(self.path)
                loopback.answers[self.path](self)

            def log_message(self, *arguments: object) -> None:
                """Keep the test output quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *_: None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def url(self, path: str = "/text") -> str:
        return f"http://127.0.0.1:{self._server.server_port}{path}"

    def serve(self, body: bytes, path: str = "/text", **headers: str) -> str:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            for name, value in ({"content_length": str(len(body))} | headers).items():
                if value:
                    handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)

    def redirect(self, path: str, target: str) -> str:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.answers[path] = answer
        return self.url(path)

    def drip(self, path: str, beginning: bytes) -> str:
        """Answer with a beginning, then one byte at a time until the test is over."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(beginning)
            while not self.stopping.wait(0.02):
                handler.wfile.write(b"a")

        self.answers[path] = answer
        return self.url(path)

    def fail(self, path: str, status: int) -> str:
        self.answers[path] = lambda handler: handler.send_error(status)
        return self.url(path)

    def stop(self) -> None:
        if not self.stopping.is_set():
            self.stopping.set()
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
