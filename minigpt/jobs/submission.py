"""Making a run and putting it in the queue, where it starts at once if a slot is free.

One press of a button, one run, however often and from wherever the same request arrives: a request
that carries a key is claimed in .claims/ beside the runs, under the run's id, before the run is
made. Whoever comes with the same key later gets that run.
"""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from minigpt import json_values
from minigpt.corpora import Corpus, require_length, require_passage
from minigpt.corpora.large_files import require_room, sha256_of
from minigpt.errors import CorpusError, RunError
from minigpt.files import read_json, write_json
from minigpt.host import require_space
from minigpt.jobs import machine, queue
from minigpt.jobs.estimate.memory import FreeMemory, free_memory, require_memory
from minigpt.jobs.estimate.token_counts import (
    LEAST_VOCABULARY,
    TokenCounts,
    count_tokens,
    require_enough_tokens,
)
from minigpt.jobs.processes import HERE, Launcher
from minigpt.jobs.worker.tensorboard import require_tensorboard
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.runs.labels import new_run_id
from minigpt.runs.store import RunStore, explained_creation
from minigpt.runs.warm_start import copy_origin, require_fit
from minigpt.tokenizers import LOADABLE
from minigpt.tokenizers.gpt2 import Gpt2Tokenizer

KEPT_SECONDS = 24 * 3600.0
LOCK_TIMEOUT_SECONDS = 30.0
LONG_TOKENS = 100
"""Characters that tokens have on average at most, even where words are whole clauses."""


def submit_once(
    store: RunStore,
    idempotency_key: str,
    *,
    name: str,
    create: Callable[[str], RunDirectory],
    lock_timeout: float = LOCK_TIMEOUT_SECONDS,
) -> RunDirectory:
    """The run of this key; made by `create`, which gets its id, if there is none yet.

    Without a key a run is made at every call. Only one caller at a time makes one, so `create`
    may count what there is; others are waited for up to `lock_timeout` seconds.

    Raises:
        RunError: `create` did, the folder cannot be written, or others take too long.
    """
    folder = store.root / ".claims"
    with explained_creation(store.root):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(folder / "lock").acquire(timeout=lock_timeout):
                return _claimed(store, folder, idempotency_key) or _claim(
                    folder, idempotency_key, name, create, store.host.now()
                )
        except Timeout as error:
            raise RunError("Many runs are being started. Try again in a few seconds.") from error


def _claimed(store: RunStore, folder: Path, idempotency_key: str) -> RunDirectory | None:
    run_id = (
        json_values.text(read_json(_claim_path(folder, idempotency_key)) or {}, "run")
        if idempotency_key
        else None
    )
    if run_id is not None:
        with suppress(RunError):  # claimed, but never made, or deleted since
            return store.open(run_id)
    return None


def _claim(
    folder: Path,
    idempotency_key: str,
    name: str,
    create: Callable[[str], RunDirectory],
    now: float,
) -> RunDirectory:
    run_id = new_run_id(name)
    _sweep(folder, now)
    if idempotency_key:
        # Before the run is made: if this process ends in between, nobody gets two.
        write_json(_claim_path(folder, idempotency_key), {"run": run_id, "at": now})
    return create(run_id)


def _claim_path(folder: Path, idempotency_key: str) -> Path:
    return folder / f"{hashlib.sha256(idempotency_key.encode()).hexdigest()}.json"


def _sweep(folder: Path, now: float) -> None:
    oldest = now - KEPT_SECONDS
    for path in folder.glob("*.json"):
        with suppress(OSError):
            if path.stat().st_mtime < oldest:
                path.unlink()


def submit_run(
    store: RunStore,
    config: RunConfig,
    *,
    name: str,
    owner: str = "",
    idempotency_key: str = "",
    launcher: Launcher = HERE,
    free: FreeMemory = free_memory,
    exceed_memory: bool = False,
) -> RunDirectory:
    """Check the text, write the run down, and train it in the background when it is its turn.

    Args:
        store: where the run is kept.
        config: its settings.
        name: what people call it.
        owner: whose run it is, for the limits and the order of the queue; may be empty.
        idempotency_key: what tells one request from another; equal ones give one and the same run.
        launcher: what starts its worker.
        free: tells how much memory can be had.
        exceed_memory: let it start with less memory than it needs.

    Raises:
        ConfigurationError: it needs more memory than is free, or, where it has to wait for others
            that train, than this machine has; or the text has too few tokens for its context.
        CorpusError: the text cannot be had, or is too short for the model's context.
        DiskFullError: there is too little room on the disk.
        RunError: the owner has too many runs waiting, the run could not be written, or its worker
            not be started.
    """
    checked = checked_config(with_origin(store, config))
    _require_tokens(store, checked)
    if not exceed_memory:
        # What others hold now is free again by the time they make room for it.
        total = machine.total_memory if queue.is_full(store) else free
        require_memory(checked, _least_counts(store, checked), free=total)
    require_space(store.root, 0, store.host)

    def create(run_id: str) -> RunDirectory:
        queue.require_room(store, owner)
        beginnings = partial(_copy_beginnings, store, checked)
        return store.create(
            checked, name=name, owner=owner, run_id=run_id, queued=True,
            exceed_memory=exceed_memory, fill=beginnings,
        )  # fmt: skip

    run = submit_once(store, idempotency_key, name=name, create=create)
    queue.start_now(store, run, launcher=launcher)
    return run


def create_run(
    store: RunStore,
    config: RunConfig,
    *,
    name: str,
    free: FreeMemory = free_memory,
    exceed_memory: bool = False,
) -> RunDirectory:
    """Check the text and write the run down, for whoever trains it without the queue.

    Raises:
        CorpusError: the text cannot be had, or is too short for the model's context.
        ConfigurationError: the text has too few tokens for that, or it needs more memory than is
            free.
        RunError: the run could not be written.
    """
    checked = checked_config(with_origin(store, config))
    _require_tokens(store, checked)
    if not exceed_memory:
        require_memory(checked, _least_counts(store, checked), free=free)
    return store.create(checked, name=name, fill=partial(_copy_beginnings, store, checked))


def _require_tokens(store: RunStore, config: RunConfig) -> None:
    """Refuse a text whose tokens are too few, or cannot be had, before anything is written."""
    chosen = config.tokenizer
    if chosen.kind == Gpt2Tokenizer.kind and not config.start.run:
        Gpt2Tokenizer.load()  # the only one that comes from elsewhere
    if config.corpus.path:  # a large file; it is long enough, and takes minutes to read
        return
    # Of a long text the tokens need not be counted: that takes as long as cutting it.
    if len(config.corpus.load().text) < LONG_TOKENS * 10 * (config.model.context_length + 1):
        require_enough_tokens(config, count_tokens(config, store=store))


def _least_counts(store: RunStore, config: RunConfig) -> TokenCounts:
    """What is known of a text before it is cut into tokens; its worker knows all and asks again."""
    corpus = None if config.corpus.path else config.corpus.load()
    return TokenCounts(
        vocabulary_size=_least_vocabulary(store, config, corpus),
        training_tokens=0,
        validation_tokens=0,
        characters=len(corpus.text) if corpus else 0,
    )


def _least_vocabulary(store: RunStore, config: RunConfig, corpus: Corpus | None) -> int:
    chosen = config.tokenizer
    if config.start.run:
        return store.open(config.start.run).tokenizer().vocabulary_size
    most = chosen.vocabulary_size or LOADABLE[chosen.kind].default_vocabulary_size
    if most is not None:
        return min(most, len(corpus.text)) if corpus else most
    # Words are not counted here: that takes as long as cutting the text.
    return len(set(corpus.text)) if corpus else LEAST_VOCABULARY


def _copy_beginnings(store: RunStore, config: RunConfig, draft: RunDirectory) -> None:
    if config.start.run:
        copy_origin(store.open(config.start.run), draft, config.start)


def with_origin(store: RunStore, config: RunConfig) -> RunConfig:
    """The configuration with the step it begins at, once the other run's weights are known to fit.

    Raises:
        RunError: there is no such run, or it saved nothing at that step.
        ConfigurationError: its weights belong to a model of another shape.
    """
    if not config.start.run:
        return config
    source = store.open(config.start.run)
    step = choose_checkpoint(source, config.start.step).step
    resolved = config.changed({"start.step": step})
    require_fit(source, resolved)
    return resolved


def checked_config(config: RunConfig) -> RunConfig:
    """The configuration with the text's checksum in it, once the text is known to be usable.

    Raises:
        CorpusError: the text cannot be had, is too short for the model's context, or is another
            one than a fork's was.
        ConfigurationError: TensorBoard is asked for, but not installed.
    """
    if config.logging.tensorboard:
        require_tensorboard()
    context_length = config.model.context_length
    if config.corpus.path:
        path = Path(config.corpus.path)
        checksum = sha256_of(path)
        require_room(path, context_length)
    else:
        corpus = config.corpus.load()
        require_length(corpus, context_length)
        require_passage(corpus, config.training.never_read)
        checksum = corpus.sha256
    if config.start.kind == "fork" and config.corpus.sha256 not in ("", checksum):
        raise CorpusError(
            "The text has changed since the run that this one goes on from was created. "
            "Fine-tune that run on what the text is now.",
            field="corpus.name",
        )
    return config.changed({"corpus.sha256": checksum})
