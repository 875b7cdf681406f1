"""Fetching bytes over HTTP within limits of time, size and address. It stores nothing."""

from http.client import HTTPException
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from minigpt.downloads.guard import Deadline, guarded_answer, guarded_session
from minigpt.downloads.limits import Destinations, TransferLimits
from minigpt.errors import CorpusError

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
        f"{_host(url)} redirects more than {MAX_REDIRECTS} times. Open the address in a "
        "browser and use the one it ends at.",
        field="corpus",
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
            f"{url[:200]!r} is not a web address. Use one that begins with http:// or https://.",
            field="corpus",
        )


def _successful(response: requests.Response) -> requests.Response:
    host = _host(response.url)
    encoding = response.headers.get("content-encoding", "identity")
    if response.ok and encoding == "identity":
        return response
    response.close()
    if not response.ok:
        answer = f"{response.status_code} {response.reason or ''}".strip()
        problem = f"{host} answered {answer}. Check the address."
    else:
        problem = f"{host} sent a compressed answer ({encoding}), which is not accepted here."
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
    return (_parts(url).hostname or "The server")[:100]


def _too_large(url: str, limits: TransferLimits) -> str:
    return (
        f"{_host(url)} sent more than the {limits.max_bytes / 1e6:g} million bytes that are "
        "accepted."
    )


def _too_slow(url: str, limits: TransferLimits) -> str:
    return (
        f"{_host(url)} did not finish within {limits.total_seconds:g} seconds. Try again when "
        "the connection is better."
    )


def _reason(error: Exception, url: str, limits: TransferLimits) -> str:
    host = _host(url)
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host} could not prove its identity (its certificate was refused)."
    if isinstance(error, requests.ConnectTimeout):
        return f"{host} could not be reached within {limits.connect_seconds:g} seconds."
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"{host} was silent for {limits.read_seconds:g} seconds. Try again later."
    if isinstance(error, requests.exceptions.InvalidURL | ValueError):
        return f"{url[:200]!r} is not a web address that can be fetched. Check its spelling."
    if isinstance(getattr(error.args[0] if error.args else None, "reason", None), HTTPError):
        return f"There is no connection to {host}. Check the address and your connection."
    return f"The connection to {host} broke off. Try again."
