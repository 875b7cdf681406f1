import os
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.corpora import add_text, load_corpus
from minigpt.errors import ConfigurationError, CorpusError, DiskFullError, RunError
from minigpt.jobs import submission
from minigpt.jobs.estimate.token_counts import count_tokens
from minigpt.jobs.submission import checked_config, create_run, submit_once, submit_run
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.launching import FakeLauncher


@pytest.fixture
def launcher():
    return FakeLauncher()


def test_a_config_gets_the_checksum_of_its_text(tiny):
    checked = checked_config(tiny)
    assert checked.corpus.sha256 == load_corpus("sentences").sha256
    assert checked.changed({"corpus.sha256": ""}) == tiny


def test_a_text_too_short_for_the_context_is_refused_before_a_run_is_made(store, tiny):
    name = add_text("short", "abcdefghij" * 5).name
    with pytest.raises(CorpusError, match="a context of 8 needs 9"):
        submit_run(store, tiny.changed({"corpus.name": name}), name="short")
    assert store.all() == []


@pytest.mark.parametrize("tokenizer", ["bpe", "word", "unigram"])
def test_a_text_with_too_few_tokens_is_refused_before_a_run_is_made(store, tiny, tokenizer):
    text = "The lighthouse keeper counted the ships that passed in the night.\n" * 11
    changes = {
        "corpus.name": add_text("Lighthouse", text).name,
        "tokenizer.kind": tokenizer,
        "model.context_length": 64,
    }
    config = tiny.changed(changes)
    counts = count_tokens(config)
    assert counts.validation_tokens < 65 < len(text) / 10  # so by its characters it would do
    with pytest.raises(ConfigurationError, match="too short for a context of 64") as refused:
        submit_run(store, config, name="short")
    assert refused.value.field == "model.context_length"
    assert f"{counts.validation_tokens} to be judged by, and 65 of each" in refused.value.message
    assert f"a context of at most {counts.validation_tokens - 1}" in refused.value.message
    assert store.all() == []
    fitting = config.changed({"model.context_length": counts.validation_tokens - 1})
    assert submit_run(store, fitting, name="fits", launcher=FakeLauncher()).id


def test_a_text_that_is_not_there_is_refused_before_a_run_is_made(store, tiny):
    with pytest.raises(CorpusError, match="There is no text called 'gone'"):
        submit_run(store, tiny.changed({"corpus.name": "gone"}), name="gone")
    assert store.all() == []


def test_starting_writes_the_run_down_and_launches_it(store, tiny, launcher):
    run = submit_run(store, tiny, name="mine", owner="Ada", launcher=launcher)
    assert launcher.ids == [run.id]
    assert run.config() == checked_config(tiny)
    assert run.read("meta")["owner"] == "Ada"
    assert not run.is_queued


def test_a_run_waits_where_all_slots_are_taken(store, tiny, launcher, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    first, second = (
        submit_run(store, tiny, name="one of two", launcher=launcher) for _ in range(2)
    )
    assert launcher.ids == [first.id]
    assert (status_of(first), status_of(second)) == (Status.STARTING, Status.QUEUED)


def test_a_worker_that_cannot_be_started_is_told_to_whoever_started_it(store, tiny, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(RunError, match="could not be started"):
        submit_run(store, tiny, name="mine")
    assert status_of(store.all()[0]) is Status.FAILED


def test_no_run_is_made_on_a_full_disk(store, tiny, launcher, full_host):
    with pytest.raises(DiskFullError, match="nearly full"):
        submit_run(RunStore(store.root, full_host), tiny, name="mine", launcher=launcher)
    assert store.all() == launcher.runs == []


def test_one_who_has_too_many_waiting_is_refused_another(store, tiny, launcher, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    monkeypatch.setenv("MINIGPT_QUEUED_PER_OWNER", "2")
    for _ in range(3):
        submit_run(store, tiny, name="mine", owner="Ada", launcher=launcher)
    with pytest.raises(RunError, match="You have 2 runs waiting already"):
        submit_run(store, tiny, name="mine", owner="Ada", launcher=launcher)
    submit_run(store, tiny, name="other", owner="Bob", launcher=launcher)
    assert len(store.all()) == 4


def test_equal_requests_are_one_run(store, tiny, launcher):
    runs = [
        submit_run(store, tiny, name="mine", idempotency_key="a click", launcher=launcher)
        for _ in range(3)
    ]
    assert len({run.id for run in runs}) == len(store.all()) == len(launcher.runs) == 1


@pytest.mark.parametrize(("keys", "expected"), [(["same"] * 20, 1), ([*map(str, range(20))], 20)])
def test_twenty_simultaneous_requests(store, tiny, launcher, keys, expected):
    together = threading.Barrier(20)

    def request(idempotency_key):
        together.wait()
        return submit_run(
            store, tiny, name="mine", idempotency_key=idempotency_key, launcher=launcher
        ).id

    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(request, keys))
    assert len(set(ids)) == len(store.all()) == expected
    assert sorted(set(ids)) == sorted(run.id for run in store.all())


def test_a_fork_is_refused_once_its_text_has_changed(tiny):
    start = {"start.kind": "fork", "start.run": "other", "start.step": 4}
    config = tiny.changed({**start, "corpus.sha256": "0" * 64})
    with pytest.raises(CorpusError, match="has changed since the run that this one goes on from"):
        checked_config(config)
    tuned = config.changed({"start.kind": "fine_tune"})
    assert checked_config(tuned).corpus.sha256 != "0" * 64


def test_a_run_that_begins_with_another_one_s_weights_has_them_from_the_start(
    store, tiny, trained, launcher
):
    source = store.root / trained.id
    shutil.copytree(trained.path, source)
    config = tiny.changed({"start.kind": "fine_tune", "start.run": trained.id})
    run = submit_run(store, config, name="tuned", launcher=launcher)
    best = choose_checkpoint(trained, None).step
    assert run.config().start.step == best
    assert [checkpoint.step for checkpoint in list_checkpoints(run.weights)] == [0]
    assert run.tokenizer().to_dict() == trained.tokenizer().to_dict()


def test_another_model_s_weights_are_refused(store, tiny, trained, launcher):
    shutil.copytree(trained.path, store.root / trained.id)
    config = tiny.changed({"start.kind": "fine_tune", "start.run": trained.id, "model.width": 32})
    with pytest.raises(ConfigurationError, match="same model and tokenizer"):
        submit_run(store, config, name="wider", launcher=launcher)
    assert [run.id for run in store.all()] == [trained.id]


@pytest.fixture
def huge(tiny):
    """A model of some hundred gigabytes."""
    return tiny.changed({"model.width": 8192, "model.num_layers": 96, "compute.device": "cpu"})


def test_what_needs_more_memory_than_is_free_is_refused_before_a_run_is_made(store, huge, launcher):
    with pytest.raises(ConfigurationError, match="Choose a smaller batch"):
        submit_run(store, huge, name="huge", launcher=launcher, free=lambda: 10**10)
    assert store.all() == launcher.ids == []


def test_whoever_says_so_may_exceed_the_memory(store, huge, launcher):
    run = submit_run(
        store, huge, name="huge", launcher=launcher, free=lambda: 0, exceed_memory=True
    )
    assert launcher.ids == [run.id]


def test_a_run_that_has_to_wait_is_measured_by_what_the_machine_has(
    store, tiny, launcher, monkeypatch
):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    submit_run(store, tiny, name="first", launcher=launcher)
    waits = submit_run(store, tiny, name="second", launcher=launcher, free=lambda: 0)
    assert waits.is_queued


@pytest.fixture
def request_run(store, tiny):
    """A function that asks for a run as a form does."""

    def ask(idempotency_key):
        def create(run_id):
            return store.create(tiny, name="mine", run_id=run_id)

        return submit_once(store, idempotency_key, name="mine", create=create)

    return ask


def test_equal_keys_give_one_run(store, request_run):
    assert len({request_run("a").id for _ in range(3)}) == 1
    assert request_run("b").id != request_run("a").id
    assert len(store.all()) == 2


def test_without_a_key_every_call_makes_a_run(store, request_run):
    assert len({request_run("").id for _ in range(3)}) == len(store.all()) == 3


@pytest.mark.parametrize(
    "idempotency_key", ["../../etc/passwd", "日本", "x" * 10_000, "a\x00b", " "]
)
def test_any_text_can_be_a_key(store, request_run, idempotency_key):
    assert request_run(idempotency_key).id == request_run(idempotency_key).id


def test_a_run_that_was_claimed_but_never_made_is_made_by_the_next(store, tiny):
    def end(_):
        raise RunError("The process ended here.")

    with pytest.raises(RunError, match="ended here"):
        submit_once(store, "a", name="mine", create=end)
    run = submit_once(
        store, "a", name="mine", create=lambda one: store.create(tiny, name="", run_id=one)
    )
    assert [one.id for one in store.all()] == [run.id]


def test_a_deleted_run_can_be_asked_for_again(store, request_run):
    first = request_run("a")
    first.write("exit", {"outcome": "finished"})
    store.delete(first.id)
    assert request_run("a").id != first.id
    assert len(store.all()) == 1


@pytest.mark.parametrize("content", ["", "[", '{"run": 5}', '{"run": "../x"}'])
def test_a_damaged_claim_counts_for_nothing(store, request_run, content):
    first = request_run("a")
    [claim] = (store.root / ".claims").glob("*.json")
    claim.write_text(content, encoding="utf-8")
    assert request_run("a").id != first.id


def test_old_claims_are_swept(store, request_run):
    request_run("old")
    [old] = (store.root / ".claims").glob("*.json")
    long_ago = time.time() - submission.KEPT_SECONDS - 1
    os.utime(old, (long_ago, long_ago))
    request_run("new")
    assert not old.exists()
    assert len(list((store.root / ".claims").glob("*.json"))) == 1


def test_waiting_too_long_for_others_is_an_error_for_people(store, request_run):
    request_run("a")
    with (
        submission.FileLock(store.root / ".claims" / "lock"),
        pytest.raises(RunError, match="again"),
    ):
        submit_once(
            store,
            "b",
            name="mine",
            create=lambda _: pytest.fail("must not get here"),
            lock_timeout=0.05,
        )


def test_a_folder_that_cannot_be_written_is_an_error_for_people(tmp_path, tiny):
    (tmp_path / "file").touch()
    store = submission.RunStore(tmp_path / "file" / "checkpoints")
    with pytest.raises(RunError, match="could not be created"):
        submit_once(store, "a", name="mine", create=lambda _: pytest.fail("must not get here"))


def test_nobody_trains_together_with_more_memory_than_is_free(store, tiny):
    with pytest.raises(ConfigurationError, match="GB of memory"):
        create_run(store, tiny, name="shared", free=lambda: 1_000_000)
    assert store.all() == []
    create_run(store, tiny, name="shared", free=lambda: 1_000_000, exceed_memory=True)
