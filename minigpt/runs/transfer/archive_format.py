"""What a run's archive is: a zip of known files, with a list of them and their checksums.

    manifest.json                         format, version, and each file's size and SHA-256
    config.json meta.json state.json exit.json tokenizer.json
    metrics.jsonl samples.jsonl heads.jsonl frames.jsonl events.jsonl
    log.txt                               the end of it
    weights/latest.json                   the weights that are in the archive
    weights/step-00000500.safetensors     as many as there are
    weights/training-00000500.safetensors likewise, to go on from

Text is deflated, weights are stored. Nothing in it says where the run lived or who is at work on
it: no lock, no process, no queue, no owner.
"""

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any, BinaryIO

from minigpt.files import LARGEST_JSON
from minigpt.runs.records.rows import LARGEST_TOKENIZER
from minigpt.runs.records.rows import LIMITS as ROW_LIMITS

# To a check at run time the second is no kind of the first.
BinaryFile = BinaryIO | BytesIO

FORMAT = "minigpt-run"
VERSION = 1
MANIFEST = "manifest.json"
LATEST = "weights/latest.json"
LOG = "log.txt"

JSON_FILES = ("meta", "state", "exit", "tokenizer")
"""Besides config, without which there is no run."""
LINE_FILES = ("metrics", "samples", "heads", "frames", "events")
WEIGHTS = re.compile(r"weights/(?:step|training)-[0-9]{8,12}\.safetensors")

MEGABYTE = 2**20
LARGEST_ARCHIVE = 4095 * MEGABYTE
"""Of all files together, unpacked. Stays below what would need the longer form of zip."""
LARGEST_WEIGHTS = LARGEST_ARCHIVE
LARGEST_LOG = MEGABYTE
MOST_FILES = 1000
LARGEST_RATIO = 200
"""How many times its packed size a file may unpack to. Logs of numbers shrink about tenfold."""
LARGEST_WEIGHTS_RATIO = 2
"""Of weights, which hardly shrink at all: so what is sent is about what is kept."""
FREE_OF_RATIO = 4 * MEGABYTE
"""A file smaller than this is no bomb, however well it shrinks."""
WEIGHTS_FREE_OF_RATIO = 64 * 1024
"""Of which there may be a thousand; the list of names in a small file shrinks well."""

LIMITS = {
    MANIFEST: LARGEST_JSON,
    LATEST: LARGEST_JSON,
    LOG: LARGEST_LOG,
    "config.json": LARGEST_JSON,
    **{f"{name}.json": LARGEST_JSON for name in JSON_FILES},
    "tokenizer.json": LARGEST_TOKENIZER,
    **{f"{name}.jsonl": ROW_LIMITS[name].bytes for name in LINE_FILES},
}


def limit_of(name: str) -> int | None:
    """The most bytes a file of this name may have; None if an archive holds no such file."""
    if name in LIMITS:
        return LIMITS[name]
    return LARGEST_WEIGHTS if WEIGHTS.fullmatch(name) else None


def ratio_limits(name: str) -> tuple[int, int]:
    """How many times its packed size a file of this name may have, and how many bytes anyway."""
    if WEIGHTS.fullmatch(name):
        return LARGEST_WEIGHTS_RATIO, WEIGHTS_FREE_OF_RATIO
    return LARGEST_RATIO, FREE_OF_RATIO


def manifest(files: Mapping[str, tuple[int, str]], run: str) -> dict[str, Any]:
    """The list that goes into an archive.

    Args:
        files: size and SHA-256, by name.
        run: the id that the run had.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "run": run,
        "files": [
            {"name": name, "bytes": size, "sha256": digest}
            for name, (size, digest) in files.items()
        ],
    }
