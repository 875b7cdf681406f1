"""Making archives for tests: good ones, and every kind of bad one."""

import hashlib
import io
import json
import shutil
import stat
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import write_archive
from minigpt.runs.transfer.archive_format import MANIFEST, manifest


def archived(run):
    file = io.BytesIO()
    write_archive(run, file)
    return file


def files_in(file):
    """The content of every file in an archive, by name, without its list."""
    with ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MANIFEST}


def packed(files, *, listed=None, change=None):
    """An archive of these files with a list that fits; `change` alters each entry's description."""
    listed = files if listed is None else listed
    digests = {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in listed.items()
    }
    everything = {**files, MANIFEST: json.dumps(manifest(digests, "a-run")).encode()}
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for name, content in everything.items():
            entry = ZipInfo(name)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            if change:
                change(entry)
            archive.writestr(entry, content)
    return file


def copied(run, store):
    """A copy of a run to change, in a store of its own test."""
    shutil.copytree(run.path, store.root / run.id)
    return RunStore(store.root).open(run.id)


def left_behind(store):
    """Everything in a folder of runs, hidden things too."""
    return sorted(path.name for path in store.root.iterdir()) if store.root.exists() else []
