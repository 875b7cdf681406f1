"""What a run's creator and people write: settings, labels, an entry in the queue, requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minigpt import json_values
from minigpt.json_values import JsonObject, amount, count, text, truth
from minigpt.runs.records.base import LONGEST_WORD, Record

LONGEST_NAME = 80
LONGEST_TAG = 30
MOST_TAGS = 12
LONGEST_NOTE = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Meta(Record):
    """Who made a run and when, and what people wrote on it."""

    name: str | None = None
    created_at: float | None = None
    owner: str = ""
    """Whose it is; empty if nobody said so."""
    tags: tuple[str, ...] = ()
    note: str = ""
    imported: bool | None = None
    """Whether a visitor brought it from elsewhere, so that it counts as what its owner brought."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "Meta":
        """What meta.json says."""
        return cls(
            name=text(values, "name", LONGEST_NAME),
            created_at=amount(values, "created_at"),
            owner=text(values, "owner", LONGEST_WORD) or "",
            tags=json_values.texts(values, "tags", longest=LONGEST_TAG, most=MOST_TAGS),
            note=text(values, "note", LONGEST_NOTE) or "",
            imported=truth(values, "imported") or None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings as far as they can be read. `RunConfig` is what a training obeys."""

    rung: str | None = None
    context_length: int | None = None
    corpus: str | None = None
    """The key of the text."""
    corpus_sha256: str | None = None
    validation: str | None = None
    """Which tenth of the text it is judged by."""
    has_corpus_file: bool = False
    """Whether the text is a file of somebody's own, outside the texts that can be chosen."""
    tokenizer: str | None = None
    """Its kind."""
    steps: int | None = None
    batch_size: int | None = None
    epochs: float | None = None
    """How often a training reads its text at most; 0 for no such limit."""
    minutes: float | None = None
    """After how long a training ends, if not before; 0 for no such limit."""
    threads: int | None = None
    processes: int | None = None
    start: str = "fresh"
    """What it begins with: nothing ("fresh"), or another run ("fork", "fine_tune")."""
    start_run: str | None = None
    """The id of that other run."""
    start_step: int | None = None
    """The step of it that this one begins with."""
    forked_at: int = 0
    """The step that a fork begins with, and so what it did not train itself; else 0."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """All that is written there, for showing."""

    @property
    def tokenizer_settings(self) -> str:
        """All that is written of its tokenizer: equal where a token is the same on one text."""
        return repr(self.values.get("tokenizer"))

    @property
    def judged_by(self) -> str:
        """What losses are comparable on: the text's checksum, else its name, and its part."""
        what = self.corpus_sha256 or self.corpus or ""
        return what if self.validation in (None, "last") else f"{what}, {self.validation}"

    @classmethod
    def from_json(cls, values: JsonObject) -> "Settings":
        """What config.json says."""
        names = ("model", "corpus", "tokenizer", "training", "compute", "start")
        model, corpus, tokenizer, training, compute, start = (
            json_values.section(values, name) for name in names
        )
        kind = text(start, "kind", LONGEST_WORD) or "fresh"
        return cls(
            rung=text(model, "rung", LONGEST_WORD),
            context_length=count(model, "context_length"),
            corpus=text(corpus, "name", LONGEST_WORD),
            corpus_sha256=text(corpus, "sha256", LONGEST_WORD),
            validation=text(corpus, "validation", LONGEST_WORD),
            has_corpus_file=bool(corpus.get("path")),
            tokenizer=text(tokenizer, "kind", LONGEST_WORD),
            steps=count(training, "steps"),
            batch_size=count(training, "batch_size"),
            epochs=amount(training, "epochs"),
            minutes=amount(training, "minutes"),
            threads=count(compute, "threads"),
            processes=count(compute, "processes"),
            start=kind,
            start_run=text(start, "run", LONGEST_WORD),
            start_step=count(start, "step"),
            forked_at=(count(start, "step") or 0) if kind == "fork" else 0,
            values=json_values.showable_json(dict(values)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued(Record):
    """An entry in the queue."""

    at: float | None = None
    """Since when it waits."""
    owner: str = ""
    exceed_memory: bool | None = None
    """Whether its worker may need more memory than is free."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "Queued":
        """What queued.json says."""
        return cls(
            at=amount(values, "at"),
            owner=text(values, "owner", LONGEST_WORD) or "",
            exceed_memory=truth(values, "exceed_memory") or None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Control(Record):
    """What people ask of a worker."""

    stop: bool | None = None
    stop_at: float | None = None
    """When it was first asked to stop."""
    pause: bool | None = None
    save: int | None = None
    """How often it was asked to save."""
    sample: int | None = None
    """How often it was asked for a sample."""
    at: float | None = None
    """When it was last asked for anything."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "Control":
        """What control.json says."""
        return cls(
            stop=truth(values, "stop") or None,
            stop_at=amount(values, "stop_at"),
            pause=truth(values, "pause") or None,
            save=count(values, "save"),
            sample=count(values, "sample"),
            at=amount(values, "at"),
        )
