"""A run as one file, to keep, to send, and to bring back. `archive_format` says what is in it."""

import hashlib
import json
import shutil
import stat
import time
from contextlib import ExitStack
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, LargeZipFile, ZipFile, ZipInfo

from minigpt.checkpoints.manifest import Checkpoint, SavedState, list_checkpoints, list_states
from minigpt.errors import RunError
from minigpt.files import end_of, open_plain, read_json, removed_on_failure
from minigpt.host import require_space
from minigpt.runs.directory import RunDirectory
from minigpt.runs.labels import new_run_id
from minigpt.runs.records.rows import LIMITS as ROW_LIMITS
from minigpt.runs.records.rows import FileLimits
from minigpt.runs.store import RunStore, explained_creation
from minigpt.runs.transfer.archive_format import (
    JSON_FILES,
    LARGEST_ARCHIVE,
    LARGEST_LOG,
    LATEST,
    LINE_FILES,
    LOG,
    MANIFEST,
    MEGABYTE,
    BinaryFile,
    manifest,
)
from minigpt.runs.transfer.quotas import require_quota
from minigpt.runs.transfer.unpack import open_archive, unpack
from minigpt.runs.transfer.validate import validate_and_normalise, weights_list

READABLE_BY_ALL = stat.S_IFREG | 0o644
PIECE = MEGABYTE

Saved = Checkpoint | SavedState


def write_archive(
    run: RunDirectory, file: BinaryFile, *, most_bytes: int = LARGEST_ARCHIVE
) -> None:
    """Write a run, as it is now, into a file. It may go on training meanwhile.

    Weights whose file is gone or damaged are left out, and so are a line that is half written and
    the oldest lines of more than `minigpt.runs.records.rows.LIMITS` allow.

    Raises:
        RunError: the run has no readable settings, or is too large for one archive.
        CheckpointError: its list of weights is damaged.
        OSError: a file cannot be read, or the disk refused.
    """
    # The list of weights first: what it lists was complete then, and what comes later is left out.
    saved = _saved(run)
    if (size := archive_bytes(run)) > most_bytes:
        raise RunError(
            "This run takes up {size:,.0f} MB; an archive can hold {most:,} MB. Copy its "
            "folder instead: {path}",
            size=size / MEGABYTE,
            most=most_bytes // MEGABYTE,
            path=run.path,
        )
    try:
        # Without the longer form of zip: `unpack` refuses it.
        with ZipFile(file, "w", ZIP_DEFLATED, allowZip64=False) as archive:
            _Writer(archive).write(run, saved)
    except LargeZipFile as error:
        raise RunError("This run is too large for one archive; copy its folder.") from error


def archive_bytes(run: RunDirectory) -> int:
    """About how large a run's archive becomes: its weights, and its text before that is deflated.

    Raises:
        CheckpointError: its list of weights is damaged.
    """
    texts = [run.path / f"{name}.jsonl" for name in LINE_FILES]
    lines = sum(path.stat().st_size for path in texts if path.is_file())
    return lines + sum(one.bytes for one in _saved(run))


def read_archive(
    store: RunStore, file: BinaryFile, *, name: str | None = None, owner: str = ""
) -> RunDirectory:
    """Make a run of an archive, under an id of its own. It appears whole or not at all.

    Nothing in the file is believed: it may come from anybody.

    Args:
        store: where the run is to be.
        file: the archive; must be seekable.
        name: what to call the run; what the archive calls it if left out.
        owner: whose it is from now on; empty for the command line.

    Raises:
        RunError: the file is no archive of a run, is damaged, could do harm, or is more than this
            owner may bring.
        MiniGPTError: the run in it is none that this MiniGPT can read, or there is no room for it.
    """
    with open_archive(file) as archive:
        require_quota(store, owner, archive.bytes)
        require_space(store.root, archive.bytes, store.host)
        draft = store.at(f".{new_run_id('import')}.new")
        with explained_creation(store.root), removed_on_failure(draft.path):
            (draft.path / "weights").mkdir(parents=True)
            unpack(archive, draft.path)
            title = validate_and_normalise(draft, name=name, owner=owner)
            return store.at(draft.path.rename(store.root / new_run_id(title)).name)


class _Writer:
    """Puts files into an archive and keeps the list of them."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        self._files: dict[str, tuple[int, str]] = {}

    def write(self, run: RunDirectory, saved: list[Saved]) -> None:
        self._add_settings(run)
        there = [one for one in saved if self._add_weights(run.weights, one)]
        self._add_json(LATEST, weights_list(there))
        for name in LINE_FILES:
            self._add(f"{name}.jsonl", _newest_lines(run.path / f"{name}.jsonl", ROW_LIMITS[name]))
        self._add(LOG, _end_of(run.log))
        self._put(MANIFEST, _encoded(manifest(self._files, run.id)))

    def _add_settings(self, run: RunDirectory) -> None:
        config = read_json(run.path / "config.json")
        if config is None:
            raise RunError("The run {id!r} has no readable config.json.", id=run.id)
        self._add_json("config.json", config)
        for name in JSON_FILES:
            if values := run.read(name):
                # Whose it is says nothing about the run, and is nobody's business elsewhere.
                kept = {key: value for key, value in values.items() if key != "owner"}
                self._add_json(f"{name}.json", kept)

    def _add_weights(self, folder: Path, saved: Saved) -> bool:
        with ExitStack() as opened_files:
            try:
                source = opened_files.enter_context(open_plain(folder / saved.file))
            except OSError:  # a better step has taken its place since the list was read
                return False
            if hashlib.file_digest(source, "sha256").hexdigest() != saved.sha256:
                return False
            source.seek(0)
            name = f"{LATEST.partition('/')[0]}/{saved.file}"
            with self._archive.open(_entry(name, ZIP_STORED, saved.bytes), "w") as target:
                shutil.copyfileobj(source, target, PIECE)
        self._files[name] = saved.bytes, saved.sha256
        return True

    def _add_json(self, name: str, values: dict[str, object]) -> None:
        self._add(name, _encoded(values))

    def _add(self, name: str, content: bytes | None) -> None:
        if content is not None:
            self._put(name, content)
            self._files[name] = len(content), hashlib.sha256(content).hexdigest()

    def _put(self, name: str, content: bytes) -> None:
        self._archive.writestr(_entry(name, ZIP_DEFLATED, len(content)), content)


def _saved(run: RunDirectory) -> list[Saved]:
    return [*list_checkpoints(run.weights), *list_states(run.weights)]


def _entry(name: str, compression: int, size: int) -> ZipInfo:
    entry = ZipInfo(name, date_time=time.localtime()[:6])
    entry.compress_type = compression
    entry.external_attr = READABLE_BY_ALL << 16
    entry.file_size = size
    return entry


def _encoded(values: dict[str, object]) -> bytes:
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8")


def _newest_lines(path: Path, limits: FileLimits) -> bytes | None:
    """The whole lines at the end of a file, as many as an archive may hold."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        skipped = max(0, path.stat().st_size - limits.bytes)
        file.seek(skipped)
        content = file.read(limits.bytes)
    whole = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
    return b"".join(whole[bool(skipped) :][-limits.rows :])


def _end_of(log: Path) -> bytes | None:
    if not log.is_file():
        return None
    return end_of(log, LARGEST_LOG)
