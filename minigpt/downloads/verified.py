"""A file of the web whose content is known beforehand: fetched once, proven, and kept."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from minigpt.data_folder import data_folder, keep_file
from minigpt.downloads.limits import ANYWHERE, TransferLimits
from minigpt.errors import CorpusError, MiniGPTError
from minigpt.files import open_plain
from minigpt.sentences import N_, Sentence


@dataclass(frozen=True, kw_only=True)
class Download:
    """A published file, with what to say to the person who needs it and cannot have it."""

    title: str
    """The name people read."""
    url: str
    """Where it is fetched from."""
    sha256: str
    """Checksum of its bytes, in hexadecimal."""
    file_name: str
    """Its name within `data_folder()`; may begin with folders."""
    limits: TransferLimits
    """Time and size of the transfer."""
    alternatives: str
    """What to do without it."""
    error: type[MiniGPTError]
    """What is raised without it."""
    field: str
    """The setting that the error belongs to."""

    @property
    def path(self) -> Path:
        """Where the file is kept, whether or not it is there yet.

        Raises:
            MiniGPTError: of the type `error`; there is no folder to keep it in.
        """
        try:
            return data_folder() / self.file_name
        except CorpusError as error:  # which would point at the text
            raise self.error(error.message, field=self.field) from error

    def is_cached(self) -> bool:
        """Whether an intact copy is on this machine."""
        return self._cached() is not None

    def read(self) -> bytes:
        """Return the file's bytes, from the cache where an intact copy is there.

        Raises:
            MiniGPTError: of the type `error`; it is not cached and cannot be fetched, or what
                came is not the file that was expected.
        """
        cached = self._cached()
        if cached is not None:
            return cached
        data = self._fetch()
        # A cache that cannot be written costs a second download, not what it was needed for.
        with suppress(CorpusError):
            keep_file(self.path, data)
        return data

    def _cached(self) -> bytes | None:
        path = self.path
        try:
            # What is larger cannot be it, and is not worth the memory.
            if path.stat().st_size > self.limits.max_bytes:
                return None
            with open_plain(path) as file:
                data = file.read()
        except OSError:
            return None
        return data if self._checksum(data) == self.sha256 else None

    def _fetch(self) -> bytes:
        # Loaded on first use: importing it takes longer than all of the packages that need it.
        from minigpt.downloads.http import fetch_bytes

        try:
            data = fetch_bytes(
                self.url, destinations=ANYWHERE, limits=self.limits, trust_environment=True
            )
        except CorpusError as error:
            raise self._unavailable(error.message) from error
        actual = self._checksum(data)
        if actual != self.sha256:
            raise self._unavailable(
                Sentence(
                    "What arrived is not the expected file: its checksum is {actual}... instead of "
                    "{expected}... The file may have changed at its source, or your network "
                    "answered in its place (a sign-in page?).",
                    actual=actual[:8],
                    expected=self.sha256[:8],
                )
            )
        return data

    def _checksum(self, data: bytes) -> str:
        return hashlib.sha256(data).hexdigest()

    def _unavailable(self, reason: str) -> MiniGPTError:
        return self.error(
            N_(
                "{title} could not be downloaded. {reason} To bring the file, fetch {url} "
                "elsewhere and save it as {file} in the folder that MINIGPT_DATA names. "
                "{alternatives}"
            ),
            field=self.field,
            title=self.title,
            reason=reason,
            alternatives=self.alternatives,
            url=self.url,
            file=self.file_name,
        )
