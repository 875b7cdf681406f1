"""A published vocabulary: fetched once, proven by its checksum, and kept for later."""

import hashlib
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from minigpt.data_folder import data_folder
from minigpt.errors import CorpusError, TokenizerError
from minigpt.files import write_atomically

if TYPE_CHECKING:
    import requests

SILENCE_SECONDS = 15.0
CHUNK_BYTES = 1 << 16


@dataclass(frozen=True, kw_only=True)
class RankFile:
    """A file on the web whose content is known beforehand."""

    url: str
    """Where it is fetched from."""
    sha256: str
    """Checksum of its bytes, in hexadecimal."""
    max_bytes: int = 2_000_000
    """Largest accepted answer."""
    max_seconds: float = 60.0
    """Longest whole transfer."""

    @property
    def path(self) -> Path:
        """Where the file is kept, whether or not it is there yet.

        Raises:
            TokenizerError: there is no folder to keep it in.
        """
        return _folder() / f"{self.sha256[:16]}.ranks"

    def read(self) -> bytes:
        """Return the file's bytes, from the cache where an intact copy is there.

        Raises:
            TokenizerError: it is not cached and cannot be fetched, or it is not the file that
                was expected.
        """
        with suppress(OSError):
            cached = self.path.read_bytes()
            if self._is_intact(cached):
                return cached
        data = self._fetch()
        if not self._is_intact(data):
            raise _unavailable("what arrived is not the expected file (is it a sign-in page?)")
        # A cache that cannot be written costs a second download, not the tokenizer.
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.path, lambda file: file.write(data))
        return data

    def _is_intact(self, data: bytes) -> bool:
        return hashlib.sha256(data).hexdigest() == self.sha256

    def _fetch(self) -> bytes:
        # Loaded on first use: importing it takes longer than all of this package.
        import requests
        from urllib3.exceptions import HTTPError

        deadline = time.monotonic() + self.max_seconds
        timeout = min(SILENCE_SECONDS, self.max_seconds)
        try:
            # A compressed answer could unfold to any size within one chunk.
            headers = {"Accept-Encoding": "identity", "User-Agent": "minigpt"}
            with requests.get(self.url, stream=True, timeout=timeout, headers=headers) as response:
                if not response.ok:
                    raise _unavailable(f"{self.url} answered {response.status_code}")
                return self._read_body(response, deadline)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise _unavailable(f"{self.url} could not be reached, or fell silent") from error

    def _read_body(self, response: "requests.Response", deadline: float) -> bytes:
        body = bytearray()
        # read1 returns what has arrived; waiting for whole chunks would hide a slow server.
        while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
            body += chunk
            if len(body) > self.max_bytes:
                raise _unavailable(
                    f"more than {self.max_bytes:,} bytes arrived, which is too large"
                )
            if time.monotonic() > deadline:
                raise _unavailable(f"it took longer than {self.max_seconds:g} seconds")
        return bytes(body)


def _unavailable(reason: str) -> TokenizerError:
    return TokenizerError(
        f"GPT-2's vocabulary is not on this computer and could not be downloaded: {reason}. "
        "Check the internet connection and try again, or choose the tokenizer bpe, which learns "
        "such a vocabulary from your text and needs no internet.",
        field="tokenizer.kind",
    )


def _folder() -> Path:
    try:
        return data_folder() / "tokenizers"
    except CorpusError as error:  # which would point at the text
        raise TokenizerError(error.message, field="tokenizer.kind") from error
