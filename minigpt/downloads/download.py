"""A text that is fetched once, proven by its checksum, and kept."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from minigpt.data_folder import data_folder, keep
from minigpt.downloads.guard import any_address
from minigpt.downloads.http import ALTERNATIVES, TransferLimits, fetch_bytes
from minigpt.errors import CorpusError


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file on the web whose content is known beforehand."""

    title: str
    """The name people read."""
    url: str
    """Where it is fetched from."""
    sha256: str
    """Checksum of its bytes, in hexadecimal."""
    file_name: str
    """Its name within `data_folder()`."""
    limits: TransferLimits
    """Time and size of the transfer."""

    @property
    def path(self) -> Path:
        """Where the file is kept, whether or not it is there yet."""
        return data_folder() / self.file_name

    def is_cached(self) -> bool:
        """Whether an intact copy is on this machine."""
        return self._cached() is not None

    def read(self) -> bytes:
        """Return the file's bytes, from the cache where an intact copy is there.

        Raises:
            CorpusError: it is not cached and cannot be fetched, or it is not the file that
                was expected.
        """
        cached = self._cached()
        if cached is not None:
            return cached
        data = self._fetch()
        keep(self.path, data)
        return data

    def _cached(self) -> bytes | None:
        try:
            data = self.path.read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == self.sha256 else None

    def _fetch(self) -> bytes:
        try:
            data = fetch_bytes(
                self.url, rule=any_address, limits=self.limits, trust_environment=True
            )
            self._require_checksum(data)
        except CorpusError as error:
            raise CorpusError(
                f"{self.title} could not be downloaded. {error.message} {ALTERNATIVES}",
                field="corpus",
            ) from error
        return data

    def _require_checksum(self, data: bytes) -> None:
        actual = hashlib.sha256(data).hexdigest()
        if actual != self.sha256:
            raise CorpusError(
                f"What arrived is not the expected file: its checksum is {actual[:8]}... "
                f"instead of {self.sha256[:8]}... The file may have changed at its source, or "
                "your network answered in its place (a sign-in page?)."
            )
