"""Unpacking an archive that may come from anybody, without believing what it says of itself."""

import hashlib
import json
import stat
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from minigpt import json_values
from minigpt.errors import RunError
from minigpt.runs.transfer.archive_format import (
    FORMAT,
    LARGEST_ARCHIVE,
    MANIFEST,
    MEGABYTE,
    MOST_FILES,
    VERSION,
    BinaryFile,
    limit_of,
    ratio_limits,
)
from minigpt.sentences import Sentence

END_SIGNATURE, LONG_FORM_SIGNATURE = b"PK\x05\x06", b"PK\x06\x07"
NO_COMMENT = b"\0\0"
END_BYTES, LONG_FORM_BYTES = 22, 20
LARGEST_LIST = 200 * MOST_FILES
"""Bytes of a zip's own list of its entries."""
ENCRYPTED = 1
PIECE = MEGABYTE
BROKEN = (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError)
"""What `zipfile` raises on files that are none; the last for what is locked with a password."""


@dataclass(frozen=True)
class OpenedArchive:
    """An archive whose entries have been looked at, but not unpacked."""

    zip: ZipFile
    entries: Mapping[str, ZipInfo]
    """By name; every name is one that `archive_format` knows."""

    @property
    def bytes(self) -> int:
        """How large it becomes, unpacked."""
        return sum(entry.file_size for entry in self.entries.values())


@contextmanager
def open_archive(file: BinaryFile) -> Iterator[OpenedArchive]:
    """Look at an archive's entries and refuse it as a whole if any of them is not right.

    Raises:
        RunError: it is no archive of a run, is damaged, or could do harm.
    """
    _require_short_list(file)
    with _damage_in_words():
        archive = ZipFile(file)
    with archive:
        yield OpenedArchive(archive, _checked(archive.infolist()))


def unpack(archive: OpenedArchive, folder: Path) -> None:
    """Write every file of an archive into a folder, which must have a folder `weights`.

    Raises:
        RunError: a file is missing, was added, or is not what the archive's own list says.
        OSError: the disk refused.
    """
    with _damage_in_words():
        listed = _listed(_manifest(archive))
    entries = {name: entry for name, entry in archive.entries.items() if name != MANIFEST}
    if odd := sorted(listed.keys() ^ entries.keys()):
        _refuse(Sentence("{odd} is only in the archive, or only in its list of files", odd=odd[0]))
    for name, entry in entries.items():
        # Joining is safe: only names that the format knows have got here.
        with _damage_in_words():
            size, digest = _copy(archive.zip, entry, folder / name)
        if (size, digest) != listed[name]:
            _refuse(Sentence("{name} is damaged: its checksum does not match", name=name))


@contextmanager
def _damage_in_words() -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise RunError(
            "This file is no archive of a run, or it is damaged. Download the run again, and "
            "import the file as it was downloaded."
        ) from error


def _require_short_list(file: BinaryFile) -> None:
    """Before `zipfile` reads the list of entries, which could be longer than the memory."""
    end = file.seek(0, 2)
    file.seek(max(0, end - END_BYTES - LONG_FORM_BYTES))
    tail = file.read()
    last = tail[-END_BYTES:]
    if not (last.startswith(END_SIGNATURE) and last.endswith(NO_COMMENT)):
        _refuse(Sentence("it is no archive, or it is cut off"))
    if int.from_bytes(last[12:16], "little") > LARGEST_LIST or LONG_FORM_SIGNATURE in tail[:4]:
        _refuse(Sentence("it lists more files than a run has"))
    file.seek(0)


def _checked(entries: list[ZipInfo]) -> dict[str, ZipInfo]:
    if len(entries) > MOST_FILES:
        _refuse(
            Sentence(
                "it holds {files:,} files; {most:,} are allowed",
                files=len(entries),
                most=MOST_FILES,
            )
        )
    for entry in entries:
        _require_harmless(entry)
    if sum(entry.file_size for entry in entries) > LARGEST_ARCHIVE:
        _refuse(
            Sentence(
                "it unpacks to more than {megabytes:,} MB", megabytes=LARGEST_ARCHIVE // MEGABYTE
            )
        )
    by_name = {entry.filename: entry for entry in entries}
    if len(by_name) < len(entries):
        _refuse(Sentence("it holds a file twice"))
    for name in (MANIFEST, "config.json"):
        if name not in by_name:
            _refuse(Sentence("{name} is missing in it", name=name))
    return by_name


def _require_harmless(entry: ZipInfo) -> None:
    name, limit = entry.filename, limit_of(entry.filename)
    if limit is None or entry.orig_filename != name:
        _refuse(Sentence("it holds {name!r}, which no run has", name=entry.orig_filename[:80]))
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):  # a link or a device; 0 where nothing is said
        _refuse(Sentence("{name} is no plain file in it", name=name))
    if entry.flag_bits & ENCRYPTED or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        _refuse(Sentence("{name} is packed in a way that MiniGPT does not use", name=name))
    if entry.file_size > limit:
        _refuse(
            Sentence(
                "{name} unpacks to {size:,} bytes; {limit:,} are allowed",
                name=name,
                size=entry.file_size,
                limit=limit,
            )
        )
    times, free = ratio_limits(name)
    if entry.file_size > max(free, times * entry.compress_size):
        _refuse(
            Sentence(
                "{name} unpacks to more than {times} times its size",
                name=name,
                times=times,
            )
        )


def _manifest(archive: OpenedArchive) -> dict[str, Any]:
    try:
        values = json.loads(archive.zip.read(archive.entries[MANIFEST]))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        _refuse(Sentence("its list of files is not one that MiniGPT wrote"))
    if values.get("version") != VERSION:
        raise RunError(
            "This archive has version {version}; this MiniGPT reads version {ours}. Open it "
            "with the MiniGPT that wrote it.",
            version=str(values.get("version"))[:20],
            ours=VERSION,
        )
    return values


def _listed(values: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    files = values.get("files")
    rows = [row for row in files if isinstance(row, dict)] if isinstance(files, list) else []
    return {
        json_values.text(row, "name") or "": (
            json_values.whole(row, "bytes") or 0,
            json_values.text(row, "sha256") or "",
        )
        for row in rows
    }


def _copy(archive: ZipFile, entry: ZipInfo, path: Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with archive.open(entry) as source, path.open("xb") as target:
        while piece := source.read(PIECE):
            size += len(piece)
            if size > entry.file_size:
                _refuse(Sentence("{name} is larger than it says", name=entry.filename))
            digest.update(piece)
            target.write(piece)
    return size, digest.hexdigest()


def _refuse(what: str) -> NoReturn:
    raise RunError(
        "This file cannot be imported: {what}. Download the run again, and import the file as "
        "it was downloaded.",
        what=what,
    )
