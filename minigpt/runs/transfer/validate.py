"""Turning the unpacked files of an archive into a run that nothing in MiniGPT stumbles over.

The files come from anybody. What the rest of MiniGPT relies on is checked here, once: settings,
rows, the end, what people wrote, and the weights, which an archive lists with their checksums.
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from minigpt import json_values
from minigpt.checkpoints.manifest import (
    MANIFEST,
    VERSION,
    Checkpoint,
    SavedState,
    list_checkpoints,
    list_states,
)
from minigpt.corpora.large_files import sha256_of
from minigpt.errors import CheckpointError, RunError
from minigpt.files import read_json, write_json
from minigpt.json_lines import LONGEST_LINE_BYTES, PIECE_BYTES
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.labels import UNTITLED, clean_name, clean_note, clean_tags
from minigpt.runs.records import (
    Event,
    Exit,
    FrameRow,
    HeadRow,
    Meta,
    MetricRow,
    Sample,
    WorkerState,
)
from minigpt.runs.records.base import Record
from minigpt.runs.records.requests import LONGEST_NOTE, MOST_TAGS
from minigpt.runs.records.rows import LIMITS
from minigpt.runs.status import OUTCOMES, Status
from minigpt.runs.transfer.archive_format import JSON_FILES, LINE_FILES
from minigpt.runs.transfer.archive_format import LIMITS as FILE_LIMITS
from minigpt.sentences import Sentence

LEAST_BYTES_OF_A_WEIGHT = 2
PREFIXES: dict[type, str] = {Checkpoint: "step", SavedState: "training"}

Saved = Checkpoint | SavedState
Row = type[MetricRow] | type[Sample] | type[HeadRow] | type[FrameRow] | type[Event]


def weights_list(saved: Sequence[Saved]) -> dict[str, Any]:
    """The content of weights/latest.json for these and no others."""
    return {
        "version": VERSION,
        "checkpoints": [dataclasses.asdict(one) for one in saved if isinstance(one, Checkpoint)],
        "training_states": [
            dataclasses.asdict(one) for one in saved if isinstance(one, SavedState)
        ],
    }


def validate_weights(run: RunDirectory, config: RunConfig) -> None:
    """Check the weights of a run that was unpacked against their list and the run's settings.

    Raises:
        RunError: a file is damaged, missing or not listed, or holds other numbers or shapes than
            the model has.
        TokenizerError: the tokenizer, which says how many tokens there are, is damaged.
    """
    saved = _listed(run.weights)
    files = {path.name for path in run.weights.iterdir()} - {MANIFEST}
    if files != {one.file for one in saved} or len(files) < len(saved):
        _refuse(Sentence("its weights are not those that its list of weights names"))
    for one in saved:
        _check(run.weights / one.file, one)
    if saved:
        write_json(run.weights / MANIFEST, weights_list(saved))
    if run.read("tokenizer"):
        _check_sizes(run, config, saved)


def _listed(folder: Path) -> list[Saved]:
    try:
        return [*list_checkpoints(folder), *list_states(folder)]
    except CheckpointError:  # which names a folder that nobody will find
        _refuse(Sentence("its list of weights is damaged, or of another version of MiniGPT"))


def _check(path: Path, saved: Saved) -> None:
    facts = dataclasses.asdict(saved)
    step, size = json_values.whole(facts, "step"), json_values.whole(facts, "bytes")
    loss = facts.get("validation_loss")
    is_loss = loss is None or json_values.number(facts, "validation_loss") is not None
    is_named = saved.file == f"{PREFIXES[type(saved)]}-{saved.step:08d}.safetensors"
    if step is None or step < 0 or size is None or not is_loss or not is_named:
        _refuse(Sentence("its list of weights is damaged"))
    if path.stat().st_size != saved.bytes or sha256_of(path) != saved.sha256:
        _refuse(Sentence("{name} is damaged: its checksum does not match", name=path.name))


def _check_sizes(run: RunDirectory, config: RunConfig, saved: Sequence[Saved]) -> None:
    """Settings of a huge model beside small weights would fill the memory when it is opened."""
    tokenizer = run.tokenizer()
    if tokenizer.kind != config.tokenizer.kind:
        _refuse(Sentence("its tokenizer is not the one that its settings name"))
    parameters = config.model.parameter_count(tokenizer.vocabulary_size)
    if any(one.bytes < LEAST_BYTES_OF_A_WEIGHT * parameters for one in saved):
        _refuse(Sentence("its weights are too small for the model that its settings describe"))
    from minigpt.checkpoints.foreign_tensors import (
        require_stored,  # with torch, of which lists know nothing
    )

    shapes = config.model.parameter_shapes(tokenizer.vocabulary_size)
    for one in saved:
        prefix = "model/" if isinstance(one, SavedState) else ""
        try:
            require_stored(run.weights / one.file, shapes, prefix=prefix)
        except CheckpointError as error:
            raise RunError("This run cannot be imported. {reason}", reason=error) from error


OBJECTS: dict[str, type[Record]] = {"meta": Meta, "state": WorkerState, "exit": Exit}
ROWS: dict[str, Row] = {
    "metrics": MetricRow,
    "samples": Sample,
    "heads": HeadRow,
    "frames": FrameRow,
    "events": Event,
}


def validate_and_normalise(run: RunDirectory, *, name: str | None, owner: str = "") -> str:
    """Check the files of a run that was unpacked, and rewrite those that speak of the present.

    Args:
        run: its directory, which nobody else sees yet.
        name: what to call it; what it was called if left out.
        owner: whose it is from now on.

    Returns:
        What it is called.

    Raises:
        RunError: a file is damaged, or asks for something that no run asks for.
        ConfigurationError: its settings are none that this MiniGPT knows.
        TokenizerError: its tokenizer is damaged.
    """
    _require_objects(run)
    config = _normalise_config(run)
    for lines in LINE_FILES:
        _check_lines(run.path / f"{lines}.jsonl", ROWS[lines], LIMITS[lines].rows)
    validate_weights(run, config)
    _normalise_end(run)
    return _normalise_meta(run, name, owner)


def _require_objects(run: RunDirectory) -> None:
    for name in ("config", *JSON_FILES):
        path = run.path / f"{name}.json"
        values, record = read_json(path, largest_bytes=FILE_LIMITS[path.name]), OBJECTS.get(name)
        # Settings are read strictly, and a tokenizer by `validate_weights`.
        is_good = values is not None and (record is None or _says_what(values, record))
        if path.exists() and not is_good:
            _refuse(Sentence("{name} is damaged", name=path.name))


def _normalise_config(run: RunDirectory) -> RunConfig:
    """Written anew, so that nothing else is in it, and without a path.

    A path of another computer may mean something else here: a secret, or a device. The checksum
    stays, so that a text of the same name is not taken for the one that this run learnt from.
    """
    config = run.config().changed({"corpus.path": ""})
    run.write("config", config.to_dict())
    return config


def _check_lines(path: Path, record: Row, most: int) -> None:
    if not path.exists():
        return
    # Counted before anything is parsed: rows that nobody wants would cost seconds.
    if _lines_of(path) > most:
        _refuse(
            Sentence(
                "{name} has more than {most:,} lines, the most that can be imported",
                name=path.name,
                most=most,
            )
        )
    with path.open("rb") as file:
        try:
            while line := file.readline(LONGEST_LINE_BYTES):
                row = json.loads(line.decode("utf-8"))
                if not (isinstance(row, dict) and _says_what(row, record)):
                    raise ValueError
        except (ValueError, RecursionError):  # not UTF-8, not JSON, or nested without end
            _refuse(Sentence("{name} is damaged", name=path.name))


def _lines_of(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(PIECE_BYTES), b""))


def _says_what(values: Mapping[str, Any], record: Any) -> bool:
    """Whether the record can be read from it, and nothing that the record knows is absurd."""
    found = record.from_json(values)
    if found is None:
        return False
    known = {one.name: getattr(found, one.name) for one in dataclasses.fields(found)}
    # Zero and nothing are fine also where they say as little as if they were not there.
    return all(value is not None or not values.get(name) for name, value in known.items())


def _normalise_end(run: RunDirectory) -> None:
    """However far the original was, this one does nothing more: it has ended, and has no worker."""
    now, end, state = run.host.now(), run.exit(), run.state()
    if run.read("state"):
        kept = dataclasses.replace(state, pid=None, heartbeat=min(state.heartbeat or now, now))
        run.write("state", kept.to_json())
    if end.outcome not in OUTCOMES:
        end = Exit(
            outcome=str(Status.STOPPED),
            step=state.step,
            train_loss=state.train_loss,
            best_validation_loss=state.best_validation_loss,
            best_step=state.best_step,
            seconds=state.seconds,
            own_seconds=state.own_seconds,
        )
    # Never in the future: a run that is taken up again would seem to have ended meanwhile.
    run.write("exit", dataclasses.replace(end, at=min(end.at or now, now)).to_json())


def _normalise_meta(run: RunDirectory, name: str | None, owner: str) -> str:
    meta, found = run.meta(), run.read("meta")
    title = clean_name(name or meta.name or "") or UNTITLED
    # Longer than a record holds: too many or too long ones are refused here, not cut.
    tags = json_values.texts(found, "tags", longest=2 * LONGEST_NOTE, most=2 * MOST_TAGS)
    note = json_values.text(found, "note") or ""
    about = Meta(
        name=title,
        created_at=run.host.now(),  # it is new here, and so it is found at the top
        tags=clean_tags(tags),
        note=clean_note(note),
        owner=owner,
        imported=bool(owner) or None,
    )
    run.write("meta", about.to_json())
    return title


def _refuse(what: str) -> NoReturn:
    raise RunError(
        "This run cannot be imported: {what}. Download it again where it came from, or ask "
        "whoever gave it to you for a new file.",
        what=what,
    )
