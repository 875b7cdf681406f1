import os
import time

import pytest

from minigpt.errors import RunError
from minigpt.jobs import submission
from minigpt.jobs.submission import submit_once


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


def test_waiting_too_long_for_others_is_an_error_for_people(store, request_run, monkeypatch):
    monkeypatch.setattr(submission, "PATIENCE_SECONDS", 0.05)
    request_run("a")
    with (
        submission.FileLock(store.root / ".claims" / "lock"),
        pytest.raises(RunError, match="again"),
    ):
        request_run("b")


def test_a_folder_that_cannot_be_written_is_an_error_for_people(tmp_path, tiny):
    (tmp_path / "file").touch()
    store = submission.RunStore(tmp_path / "file" / "checkpoints")
    with pytest.raises(RunError, match="could not be created"):
        submit_once(store, "a", name="mine", create=lambda _: pytest.fail("must not get here"))
