"""Runs whose files say what no worker would: for whoever shows runs, to see that nothing breaks."""

import json
import shutil

from minigpt.runs.directory import RunDirectory

MISSING = object()
"""In place of a value: the field is not there at all."""
HOSTILE = {
    "missing": MISSING,
    "null": None,
    "true": True,
    "text": "seven",
    "no text": "",
    "surrogate": "half \ud800 a character",
    "long": "x" * 200_000,
    "list": ["a"],
    "object": {"a": {"b": [1]}},
    "negative": -3,
    "fraction": 0.5,
    "huge": 1e308,
    "negative and huge": -1e308,
    "tiny": 1e-308,
    "largest": 999_999_999_999_999,
    "beyond": 10**15,
    "400 digits": 10**399,
    "infinity": float("inf"),
    "not a number": float("nan"),
}
"""What may stand in place of any value, by name."""
FILES = ("meta", "launch", "state", "exit", "control", "signals", "process", "config")
LINES = ("metrics", "samples", "heads", "frames", "events")


def hostile(values, hostile_value, keep=()):
    """A JSON object with a hostile value in every place, however deep, except of the kept names."""
    changed = {}
    for name, value in values.items():
        if name in keep:
            changed[name] = value
        elif isinstance(value, dict) and value:
            changed[name] = hostile(value, hostile_value, keep)
        elif hostile_value is not MISSING:
            changed[name] = hostile_value
    return changed


def hostile_run(good, store, kind, *, files=FILES + LINES, keep=()):
    """A copy of a good run in which every field of these files is hostile.

    Args:
        good: a run with all its files.
        store: where the copy is put.
        kind: a name of HOSTILE.
        files: the names of the files to spoil.
        keep: names of fields that stay as they are.
    """
    path = store.root / f"hostile-{kind.replace(' ', '-')}-{'-'.join(keep) or 'all'}".lower()
    shutil.copytree(good.path, path)
    run = RunDirectory(path)
    for name in files:
        if name in LINES:
            rows = [hostile(row, HOSTILE[kind], keep) for row in good.lines(name)]
            _write(path / f"{name}.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        elif values := good.read(name):
            _write(path / f"{name}.json", json.dumps(hostile(values, HOSTILE[kind], keep)))
    return run


def _write(path, text):
    path.write_text(text, encoding="ascii")
