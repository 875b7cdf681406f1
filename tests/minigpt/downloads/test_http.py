import gzip
import socket
import threading
import time
import tracemalloc
from typing import Any

import pytest

from minigpt.downloads.http import MAX_REDIRECTS, fetch_bytes
from minigpt.downloads.limits import ANYWHERE, TransferLimits
from minigpt.errors import CorpusError
from tests.minigpt.loopback import LIMITS, PATIENCE_SECONDS


def fetch(url: str, limits: TransferLimits = LIMITS) -> bytes:
    return fetch_bytes(url, destinations=ANYWHERE, limits=limits, trust_environment=False)


def complaint(url: str, limits: TransferLimits = LIMITS) -> str:
    with pytest.raises(CorpusError) as raised:
        fetch(url, limits)
    assert raised.value.field == "corpus"
    return raised.value.message


def test_fetches_the_bytes(loopback: Any) -> None:
    assert fetch(loopback.serve(b"some text")) == b"some text"


def test_fetches_without_an_announced_length(loopback: Any) -> None:
    assert fetch(loopback.serve(b"some text", content_length="")) == b"some text"


def test_fetches_an_answer_in_chunks(loopback: Any) -> None:
    body = b"5\r\nsome \r\n4\r\ntext\r\n0\r\n\r\n"
    assert fetch(loopback.serve(body, content_length="", transfer_encoding="chunked")) == (
        b"some text"
    )


def test_the_largest_allowed_answer_is_accepted(loopback: Any) -> None:
    assert len(fetch(loopback.serve(b"a" * 1000))) == 1000


@pytest.mark.parametrize("content_length", ["1001", ""])
def test_too_large_is_refused(loopback: Any, content_length: str) -> None:
    url = loopback.serve(b"a" * 1001, content_length=content_length)
    assert "more than the 0.001 million bytes" in complaint(url)


def test_an_endless_answer_is_cut_off(loopback: Any) -> None:
    beginning = b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 990
    started = time.monotonic()
    assert "more than" in complaint(loopback.drip("/endless", beginning))
    assert time.monotonic() - started < LIMITS.total_seconds


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nHeader: ",
        b"HTTP/1.1 2",
    ],
    ids=["body", "announced body", "header", "status"],
)
def test_slow_drip_ends_at_the_total_time_limit(loopback: Any, beginning: bytes) -> None:
    limits = TransferLimits(read_seconds=PATIENCE_SECONDS, total_seconds=0.3, max_bytes=1_000_000)
    started = time.monotonic()
    message = complaint(loopback.drip("/slow", beginning), limits)
    assert time.monotonic() - started < PATIENCE_SECONDS
    assert "did not finish within 0.3 seconds" in message


def test_silence_ends_at_the_read_time_limit(loopback: Any) -> None:
    loopback.answers["/silent"] = lambda _: loopback.stopping.wait(2 * PATIENCE_SECONDS)
    limits = TransferLimits(read_seconds=0.2, total_seconds=PATIENCE_SECONDS)
    started = time.monotonic()
    assert "was silent for 0.2 seconds" in complaint(loopback.url("/silent"), limits)
    assert time.monotonic() - started < PATIENCE_SECONDS


def test_silence_within_the_body_is_named_too(loopback: Any) -> None:
    def answer(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        loopback.stopping.wait(2 * PATIENCE_SECONDS)

    loopback.answers["/silent"] = answer
    limits = TransferLimits(read_seconds=0.2, total_seconds=PATIENCE_SECONDS)
    assert "was silent for 0.2 seconds" in complaint(loopback.url("/silent"), limits)


@pytest.mark.parametrize("status", [404, 403, 500])
def test_http_error_is_named(loopback: Any, status: int) -> None:
    assert f"127.0.0.1 answered {status}" in complaint(loopback.fail("/gone", status))


def test_refused_connection_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "no connection to 127.0.0.1" in complaint(f"http://127.0.0.1:{port}/")


def test_unknown_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", offline)
    assert "no connection to nowhere.invalid" in complaint("http://nowhere.invalid/text")


def test_impossible_host_is_named_in_short() -> None:
    message = complaint("http://" + "a" * 300 + "/")
    assert "no connection to aaa" in message
    assert len(message) < 200


def test_connection_that_breaks_off_is_named(loopback: Any) -> None:
    url = loopback.serve(b"half", content_length="100")
    assert "broke off" in complaint(url)


def test_not_http_is_named(loopback: Any) -> None:
    loopback.answers["/odd"] = lambda handler: handler.wfile.write(b"hello\r\n")
    assert "broke off" in complaint(loopback.url("/odd"))


def test_https_to_a_server_without_tls_is_named(loopback: Any) -> None:
    loopback.serve(b"text")
    message = complaint(loopback.url().replace("http://", "https://"))
    assert "127.0.0.1" in message


def test_unasked_compression_is_refused(loopback: Any) -> None:
    url = loopback.serve(b"xxx", content_encoding="gzip")
    assert "compressed answer (gzip)" in complaint(url)


def test_redirects_are_followed(loopback: Any) -> None:
    loopback.serve(b"text", path="/folder/end")
    loopback.redirect("/middle", "folder/end")
    assert fetch(loopback.redirect("/start", loopback.url("/middle"))) == b"text"


def test_redirects_have_a_limit(loopback: Any) -> None:
    url = loopback.redirect("/round", "/round")
    assert "redirects more than 5 times" in complaint(url)
    assert len(loopback.asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "text",
        "ftp://example.com/text",
        "file:///etc/passwd",
        "http://",
        "http:///text",
        "https://[::1",
        "javascript:alert(1)",
        "http://[not-an-address]/",
        "http://exa mple.com/",
        "http://.example/",
        "http://example.com:99999/",
    ],
)
def test_what_is_no_web_address_is_named(url: str) -> None:
    assert "is not a web address" in complaint(url)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://a/"])
def test_redirect_to_another_scheme_is_refused(loopback: Any, target: str) -> None:
    assert "is not a web address" in complaint(loopback.redirect("/start", target))


SMALL_MEMORY = 4_000_000


def moved_with_a_body(loopback: Any, pieces: Any, *headers: str) -> tuple[str, list[int]]:
    """The address of a redirect with a body, and the bytes of it that the client took."""
    loopback.serve(b"text", path="/end")
    taken = [0]

    def answer(handler: Any) -> None:
        lines = ["HTTP/1.1 302 Found", "Location: /end", *headers, "", ""]
        handler.wfile.write("\r\n".join(lines).encode())
        for piece in pieces:
            if loopback.stopping.is_set():
                return
            handler.wfile.write(piece)
            taken[0] += len(piece)

    loopback.answers["/start"] = answer
    return loopback.url("/start"), taken


def peak_memory(url: str) -> int:
    tracemalloc.start()
    try:
        assert fetch(url) == b"text"
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_body_of_a_redirect_is_not_read(loopback: Any) -> None:
    piece = b"a" * 65_536
    url, taken = moved_with_a_body(
        loopback, (piece for _ in range(3200)), "Content-Length: 209715200"
    )
    assert peak_memory(url) < SMALL_MEMORY
    assert taken[0] < 50_000_000  # what the system had already accepted for it


def test_an_endless_body_of_a_redirect_is_not_read(loopback: Any) -> None:
    piece = b"a" * 65_536
    url, _ = moved_with_a_body(loopback, iter(lambda: piece, b""))
    started = time.monotonic()
    assert peak_memory(url) < SMALL_MEMORY
    assert time.monotonic() - started < LIMITS.total_seconds


def test_a_server_is_told_at_once_that_the_body_of_a_redirect_is_not_wanted(loopback: Any) -> None:
    piece, refused = b"a" * 65_536, threading.Event()

    def answer(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: /end\r\n\r\n")
        try:
            while not loopback.stopping.is_set():
                handler.wfile.write(piece)
        except OSError:
            refused.set()

    def end(handler: Any) -> None:
        assert refused.wait(PATIENCE_SECONDS / 2)
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\ntext")

    loopback.answers |= {"/start": answer, "/end": end}
    assert fetch(loopback.url("/start")) == b"text"


def test_a_compressed_body_of_a_redirect_is_not_unfolded(loopback: Any) -> None:
    bomb = gzip.compress(bytes(50_000_000), compresslevel=1)
    url, _ = moved_with_a_body(
        loopback, [bomb], "Content-Encoding: gzip", f"Content-Length: {len(bomb)}"
    )
    assert peak_memory(url) < SMALL_MEMORY


def test_a_compressed_redirect_that_stops_halfway_does_no_harm(loopback: Any) -> None:
    url, _ = moved_with_a_body(
        loopback, [gzip.compress(b"moved")[:12]], "Content-Encoding: gzip", "Content-Length: 1000"
    )
    assert fetch(url) == b"text"


@pytest.mark.parametrize("target", ["http://[", "//[", "http://[::1", "https://a]b/"])
def test_redirect_to_what_is_no_address_is_named(loopback: Any, target: str) -> None:
    assert "is not a web address" in complaint(loopback.redirect("/start", target))


def test_an_absurd_announced_length_is_refused(loopback: Any) -> None:
    url = loopback.serve(b"some text", content_length="9" * 5000)
    assert "more than" in complaint(url)


def test_endless_headers_are_refused(loopback: Any) -> None:
    beginning = b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(500))
    loopback.answers["/headers"] = lambda handler: handler.wfile.write(beginning)
    assert "broke off" in complaint(loopback.url("/headers"))
