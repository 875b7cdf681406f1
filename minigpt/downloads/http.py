"""Fetching bytes over HTTP within limits of time, size and address. It stores nothing."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from minigpt.downloads.guard import AddressRule, Deadline, guarded_session
from minigpt.errors import CorpusError

CHUNK_BYTES = 1 << 16
MAX_REDIRECTS = 5
ALTERNATIVES = (
    "Meanwhile choose a text that needs no internet (Python's documentation or the short "
    "sentences), upload a file, or paste a text."
)


@dataclass(frozen=True, kw_only=True)
class TransferLimits:
    """How long and how large a transfer may be."""

    connect_seconds: float = 10.0
    """Longest wait for a connection."""
    read_seconds: float = 15.0
    """Longest silence of the server."""
    total_seconds: float = 120.0
    """Longest whole transfer, redirects included; resolving names is the system's own time."""
    max_bytes: int = 20_000_000
    """Largest accepted answer."""


def fetch_bytes(
    url: str, *, rule: AddressRule, limits: TransferLimits, trust_environment: bool
) -> bytes:
    """Fetch what a web address holds.

    Args:
        url: an http or https address.
        rule: which network addresses may be contacted, redirects included.
        limits: time and size.
        trust_environment: whether proxies named in the environment are used; with one,
            the rule cannot see where the connection finally goes.

    Raises:
        CorpusError: the answer is not a success, breaks a limit, or does not come; the
            message says which and ends before offering alternatives.
    """
    with (
        Deadline(limits.total_seconds) as deadline,
        guarded_session(rule, deadline, trust_environment=trust_environment) as session,
    ):
        try:
            with _open(session, url, limits) as response:
                body = _read(response, limits)
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
            if not deadline.expired:
                raise CorpusError(_reason(error, url, limits), field="corpus") from error
        # A socket that was shut down can look like a regular end of the answer.
        if deadline.expired:
            raise CorpusError(_too_slow(url, limits), field="corpus")
        return body


def _open(session: requests.Session, url: str, limits: TransferLimits) -> requests.Response:
    for _ in range(MAX_REDIRECTS + 1):
        _require_web_address(url)
        response = session.get(
            url,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect_seconds, limits.read_seconds),
            # A compressed answer could unfold to any size within one chunk.
            headers={"Accept-Encoding": "identity", "User-Agent": "minigpt"},
        )
        if not response.is_redirect:
            return _successful(response)
        url = urljoin(url, response.headers["location"])
        response.close()
    raise CorpusError(
        f"{_host(url)} redirects more than {MAX_REDIRECTS} times. Open the address in a "
        "browser and use the one it ends at.",
        field="corpus",
    )


def _require_web_address(url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
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
    if announced.isdecimal() and int(announced) > limits.max_bytes:
        raise CorpusError(_too_large(response.url, limits), field="corpus")
    body = bytearray()
    # read1 returns what has arrived; waiting for whole chunks would hide a slow server.
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
        body += chunk
        if len(body) > limits.max_bytes:
            raise CorpusError(_too_large(response.url, limits), field="corpus")
    return bytes(body)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "The server")[:100]


def _too_large(url: str, limits: TransferLimits) -> str:
    return (
        f"{_host(url)} sent more than the {limits.max_bytes / 1e6:g} million bytes that are "
        "accepted. Use a smaller text."
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
    if isinstance(error, requests.exceptions.InvalidURL | UnicodeError):
        return f"{url[:200]!r} is not a web address that can be fetched. Check its spelling."
    if isinstance(getattr(error.args[0] if error.args else None, "reason", None), HTTPError):
        return f"There is no connection to {host}. Check the address and your connection."
    return f"The connection to {host} broke off. Try again."
