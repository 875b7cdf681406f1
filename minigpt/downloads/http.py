"""Fetching bytes over HTTP within limits of time, size and address. It stores nothing."""

from http.client import HTTPException
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from minigpt.downloads.guard import Deadline, guarded_answer, guarded_session
from minigpt.downloads.limits import Destinations, TransferLimits
from minigpt.errors import CorpusError
from minigpt.sentences import Sentence

CHUNK_BYTES = 1 << 16
MAX_REDIRECTS = 5
MOST_LENGTH_DIGITS = 18
# What the network libraries raise about an answer that is not what it should be.
FAILURES = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, RuntimeError)


def fetch_bytes(
    url: str, *, destinations: Destinations, limits: TransferLimits, trust_environment: bool
) -> bytes:
    """Fetch what a web address holds.

    Args:
        url: an http or https address.
        destinations: where the connections may go, redirects included.
        limits: time and size.
        trust_environment: whether proxies named in the environment are used; with one,
            the rule cannot see where the connection finally goes.

    Raises:
        CorpusError: the answer is not a success, breaks a limit, or does not come; the
            message says which and ends before offering alternatives.
    """
    with (
        Deadline(limits.total_seconds) as deadline,
        guarded_session(destinations, deadline, trust_environment=trust_environment) as session,
    ):
        try:
            with _open(session, url, limits, deadline) as response:
                body = _read(response, limits)
        except FAILURES as error:
            if not deadline.expired:
                raise CorpusError(_reason(error, url, limits), field="corpus") from error
        # A socket that was shut down can look like a regular end of the answer.
        if deadline.expired:
            raise CorpusError(_too_slow(url, limits), field="corpus")
        return body


def _open(
    session: requests.Session, url: str, limits: TransferLimits, deadline: Deadline
) -> requests.Response:
    for _ in range(MAX_REDIRECTS + 1):
        _require_web_address(url)
        response = guarded_answer(session, url, limits)
        if not response.is_redirect:
            return _successful(response)
        target = response.headers["location"]
        response.close()  # unread: nobody needs the body of a redirect, however long it is
        deadline.hang_up()
        url = _joined(url, target)
    raise CorpusError(
        "{host} redirects more than {most} times. Open the address in a browser and use "
        "the one it ends at.",
        field="corpus",
        host=_host(url),
        most=MAX_REDIRECTS,
    )


def _joined(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError:  # such as "http://["
        return target


def _require_web_address(url: str) -> None:
    parts = _parts(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise CorpusError(
            "{url!r} is not a web address. Use one that begins with http:// or https://.",
            field="corpus",
            url=url[:200],
        )


def _successful(response: requests.Response) -> requests.Response:
    host = _host(response.url)
    encoding = response.headers.get("content-encoding", "identity")
    if response.ok and encoding == "identity":
        return response
    response.close()
    if not response.ok:
        answer = f"{response.status_code} {response.reason or ''}".strip()
        problem = Sentence("{host} answered {answer}. Check the address.", host=host, answer=answer)
    else:
        problem = Sentence(
            "{host} sent a compressed answer ({encoding}), which is not accepted here.",
            host=host,
            encoding=encoding,
        )
    raise CorpusError(problem, field="corpus")


def _read(response: requests.Response, limits: TransferLimits) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and (
        # Python refuses to read a number of thousands of digits.
        len(announced) > MOST_LENGTH_DIGITS or int(announced) > limits.max_bytes
    ):
        raise CorpusError(_too_large(response.url, limits), field="corpus")
    body = bytearray()
    # read1 returns what has arrived; waiting for whole chunks would hide a slow server.
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > limits.max_bytes:
            raise CorpusError(_too_large(response.url, limits), field="corpus")
    return bytes(body)


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _host(url: str) -> str:
    return (_parts(url).hostname or "")[:100] or Sentence("The server")


def _too_large(url: str, limits: TransferLimits) -> str:
    return Sentence(
        "{host} sent more than the {millions:g} million bytes that are accepted.",
        host=_host(url),
        millions=limits.max_bytes / 1e6,
    )


def _too_slow(url: str, limits: TransferLimits) -> str:
    return Sentence(
        "{host} did not finish within {seconds:g} seconds. Try again when the "
        "connection is better.",
        host=_host(url),
        seconds=limits.total_seconds,
    )


def _reason(error: Exception, url: str, limits: TransferLimits) -> str:
    host = _host(url)
    if isinstance(error, requests.exceptions.SSLError):
        return Sentence(
            "{host} could not prove its identity (its certificate was refused).", host=host
        )
    if isinstance(error, requests.ConnectTimeout):
        return Sentence(
            "{host} could not be reached within {seconds:g} seconds.",
            host=host,
            seconds=limits.connect_seconds,
        )
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return Sentence(
            "{host} was silent for {seconds:g} seconds. Try again later.",
            host=host,
            seconds=limits.read_seconds,
        )
    if isinstance(error, requests.exceptions.InvalidURL | ValueError):
        return Sentence(
            "{url!r} is not a web address that can be fetched. Check its spelling.", url=url[:200]
        )
    if isinstance(getattr(error.args[0] if error.args else None, "reason", None), HTTPError):
        return Sentence(
            "There is no connection to {host}. Check the address and your connection.", host=host
        )
    return Sentence("The connection to {host} broke off. Try again.", host=host)
