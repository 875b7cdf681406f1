"""Turning the unpacked files of an archive into a run that nothing in MiniGPT stumbles over.

The files come from anybody. What the rest of MiniGPT relies on is checked here, once.
"""

import json
import re
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from minigpt.errors import RunError
from minigpt.files import read_json
from minigpt.runs import records
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.labels import clean_note, clean_tags, tags_of
from minigpt.runs.naming import UNTITLED, clean_name
from minigpt.runs.status import OUTCOMES, Status
from minigpt.runs.transfer.archive_format import JSON_FILES, LINE_FILES
from minigpt.runs.transfer.archive_weights import settle_weights

SHA256 = re.compile(r"[0-9a-f]{64}")
NUMBERS = frozenset({
    "step", "steps", "train_loss", "validation_loss", "best_validation_loss", "best_step",
    "learning_rate", "gradient_norm", "seconds", "tokens_per_second", "parameters",
    "vocabulary_size", "heartbeat", "patience", "at", "characters_per_token",
})  # fmt: skip
"""Names that stand for a finite number, or for none, in every file."""
TEXTS = frozenset({"phase", "outcome", "reason", "text"})
NEEDED = {"metrics": "step", "samples": "step", "events": "at"}


def settle(run: RunDirectory, *, name: str | None) -> str:
    """Check the files of a run that was unpacked, and rewrite those that speak of the present.

    Args:
        run: its directory, which nobody else sees yet.
        name: what to call it; what it was called if left out.

    Returns:
        What it is called.

    Raises:
        RunError: a file is damaged, or asks for something that no run asks for.
        ConfigurationError: its settings are none that this MiniGPT knows.
        TokenizerError: its tokenizer is damaged.
    """
    _require_objects(run)
    config = _settle_config(run)
    for lines in LINE_FILES:
        _check_lines(run.path / f"{lines}.jsonl", NEEDED[lines])
    settle_weights(run, config)
    _settle_end(run)
    return _settle_meta(run, name)


def _require_objects(run: RunDirectory) -> None:
    for name in ("config", *JSON_FILES):
        path = run.path / f"{name}.json"
        values = read_json(path)
        # The names in a tokenizer are its own; `settle_weights` has it read.
        is_good = values is not None and (name == "tokenizer" or _is_plain(values))
        if path.exists() and not is_good:
            _refuse(f"{path.name} is damaged")


def _settle_config(run: RunDirectory) -> RunConfig:
    config = run.config()
    if config.corpus.path:
        _require_plain_text(config)
    run.write("config", config.to_dict())
    return config


def _require_plain_text(config: RunConfig) -> None:
    """A path of another computer may mean something else here: a secret, or a device."""
    path = Path(config.corpus.path)
    if not SHA256.fullmatch(config.corpus.sha256):
        _refuse("its text is a file, but the file's checksum is missing")
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        _refuse("its text is no plain file here")


def _check_lines(path: Path, needed: str) -> None:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="strict", newline="\n") as file:
        try:
            are_good = all(_is_row(json.loads(line), needed) for line in file)
        except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
            are_good = False
    if not are_good:
        _refuse(f"{path.name} is damaged")


def _is_row(row: object, needed: str) -> bool:
    return isinstance(row, dict) and records.number(row, needed) is not None and _is_plain(row)


def _is_plain(values: Mapping[str, Any]) -> bool:
    """Whether the names that the screen computes with stand for what they should."""
    return all(
        value is None
        or (name not in NUMBERS and name not in TEXTS)
        or (name in NUMBERS and records.number(values, name) is not None)
        or (name in TEXTS and isinstance(value, str))
        for name, value in values.items()
    )


def _settle_end(run: RunDirectory) -> None:
    """However far the original was, this one does nothing more: it has ended, and has no worker."""
    now, end, state = time.time(), run.read("exit"), run.read("state")
    if state:
        heartbeat = min(records.number(state, "heartbeat") or now, now)
        kept = {name: value for name, value in state.items() if name != "pid"}
        run.write("state", {**kept, "heartbeat": heartbeat})
    if end.get("outcome") not in OUTCOMES:
        names = ("step", "train_loss", "best_validation_loss", "best_step", "seconds")
        end = {name: state[name] for name in names if name in state}
        end["outcome"] = str(Status.STOPPED)
    # Never in the future: a run that is taken up again would seem to have ended meanwhile.
    run.write("exit", {**end, "at": min(records.number(end, "at") or now, now)})


def _settle_meta(run: RunDirectory, name: str | None) -> str:
    meta = run.read("meta")
    title = clean_name(name or records.text(meta, "name") or "") or UNTITLED
    about = {"tags": list(clean_tags(tags_of(meta))), "note": clean_note(_note(meta))}
    # Made now, since it is new here, and so that it is found at the top.
    run.write("meta", {"name": title, "created_at": time.time(), "owner": "", **about})
    return title


def _note(meta: Mapping[str, Any]) -> str:
    return records.text(meta, "note") or ""


def _refuse(what: str) -> NoReturn:
    raise RunError(
        f"This run cannot be imported: {what}. Download it again where it came from, or ask "
        "whoever gave it to you for a new file."
    )
