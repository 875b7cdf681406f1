import itertools

import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.corpora import CORPORA, load_corpus
from minigpt.errors import CorpusError, TokenizerError, TrainingError
from minigpt.models import LADDER
from minigpt.runs.session import train_run
from minigpt.tokenizers import TOKENIZERS

TEACHABLE = [kind for kind, tokenizer in TOKENIZERS.items() if not tokenizer.is_pretrained]


def never():
    return False


def created(store, config, **changes):
    paths = {name.replace("__", "."): value for name, value in changes.items()}
    return store.create(config.changed(paths), name="session")


def test_a_session_trains_to_the_last_step_and_leaves_everything(trained):
    end = trained.read("exit")
    assert (end["outcome"], end["step"]) == ("finished", 12)
    assert [row["step"] for row in trained.lines("metrics")] == list(range(13))
    assert [sample["step"] for sample in trained.lines("samples")] == [0, 4, 8, 12]
    assert [event["text"] for event in trained.lines("events")] == ["Training began", "Finished"]
    assert {0, 12} <= {checkpoint.step for checkpoint in list_checkpoints(trained.weights)}
    assert trained.tokenizer().encode("a")


def test_equal_settings_give_equal_runs(store, tiny, trained):
    again = created(store, tiny)
    train_run(again, never)
    first, second = (one.lines("metrics") for one in (trained, again))
    for row in (*first, *second):
        del row["seconds"]
    assert first == second
    assert trained.lines("samples") == again.lines("samples")


def test_another_seed_gives_another_run(store, tiny, trained):
    other = created(store, tiny, seed=1)
    train_run(other, never)
    assert other.lines("metrics")[1]["train_loss"] != trained.lines("metrics")[1]["train_loss"]


def test_a_session_stops_after_the_step_at_which_it_was_asked_to(store, tiny):
    run = created(store, tiny)
    answers = itertools.chain([False] * 5, itertools.repeat(True))
    end = train_run(run, lambda: next(answers))
    assert (end["outcome"], end["step"]) == ("stopped", 5)
    assert list_checkpoints(run.weights)[-1].step == 5
    assert run.lines("events")[-1]["text"] == "Stopped on request"


@pytest.mark.parametrize("rung", LADDER)
def test_every_rung_can_be_trained(store, tiny, rung):
    run = created(store, tiny, model__rung=rung, model__context_length=8, training__steps=2)
    assert train_run(run, never)["outcome"] == "finished"


@pytest.mark.parametrize("kind", TEACHABLE)
def test_every_tokenizer_can_be_trained_with_and_sampled_from(store, tiny, kind):
    run = created(store, tiny, tokenizer__kind=kind, training__steps=2)
    assert train_run(run, never)["outcome"] == "finished"
    assert run.tokenizer().kind == kind
    assert run.lines("samples")[0]["text"]


def test_a_text_without_line_breaks_is_sampled_from_its_first_token(store, tiny, monkeypatch):
    source = CORPORA["sentences"]
    changed = type(source)(name=source.name, title="t", description="d", read=lambda: "xyz" * 200)
    monkeypatch.setitem(CORPORA, "sentences", changed)
    run = created(store, tiny, training__steps=1)
    assert train_run(run, never)["outcome"] == "finished"
    assert set(run.lines("samples")[0]["text"]) <= set("xyz")


def test_the_text_it_was_created_for_is_accepted(store, tiny):
    checksum = load_corpus("sentences").sha256
    run = created(store, tiny, corpus__sha256=checksum, training__steps=1)
    assert train_run(run, never)["outcome"] == "finished"


def test_a_text_that_has_changed_is_refused(store, tiny):
    run = created(store, tiny, corpus__sha256="0" * 64)
    with pytest.raises(CorpusError, match="has changed since this run was created"):
        train_run(run, never)
    assert list_checkpoints(run.weights) == []


def test_a_text_that_is_gone_is_refused(store, tiny):
    with pytest.raises(CorpusError, match="There is no text called"):
        train_run(created(store, tiny, corpus__name="gone"), never)


def test_a_text_with_too_few_tokens_is_refused(store, tiny):
    run = created(store, tiny, tokenizer__kind="word", model__context_length=2000)
    with pytest.raises(CorpusError, match="too few for one window"):
        train_run(run, never)


def test_a_vocabulary_that_cannot_be_made_is_refused(store, tiny):
    run = created(store, tiny, tokenizer__kind="bpe", tokenizer__vocabulary_size=2)
    with pytest.raises(TokenizerError):
        train_run(run, never)


def test_training_that_diverges_keeps_what_was_good_and_says_where_it_stood(store, tiny):
    run = created(store, tiny, training__learning_rate=1e7, training__warmup_steps=0)
    with pytest.raises(TrainingError, match="learning rate"):
        train_run(run, never)
    state = run.read("state")
    assert state["phase"] == "failed"
    assert state["step"] == run.lines("metrics")[-1]["step"]
    assert list_checkpoints(run.weights)[0].step == 0
    assert run.lines("events")[-1]["text"] == "Failed"


def test_the_first_error_is_told_even_if_the_disk_is_full(store, tiny, monkeypatch):
    run = created(store, tiny)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    def broken(*_):
        raise RuntimeError("the first error")

    monkeypatch.setattr("minigpt.runs.recorder.Recorder.record", broken)
    monkeypatch.setattr("minigpt.runs.recorder.Recorder.write_state", full)
    with pytest.raises(RuntimeError, match="the first error"):
        train_run(run, never)
