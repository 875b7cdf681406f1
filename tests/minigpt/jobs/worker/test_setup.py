import pytest
import torch

from minigpt.corpora import add_text
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.jobs.worker import setup
from minigpt.jobs.worker.setup import prepare_training
from minigpt.runs.records import Launch
from minigpt.training.distributed import World


def test_everything_is_ready_to_train(run, tiny):
    prepared = prepare_training(run, tiny, World())
    assert prepared.trainer.last_step == 12
    assert prepared.characters_per_token == pytest.approx(1.0)
    assert prepared.tokenizer.decode(list(prepared.sample_prompt)) == "\n"
    assert run.tokenizer().to_dict() == prepared.tokenizer.to_dict()
    assert prepared.notes == []


def test_whole_words_cover_several_characters(run, tiny):
    config = tiny.changed({"tokenizer.kind": "word"})
    assert prepare_training(run, config, World()).characters_per_token > 2


def test_only_the_first_process_writes(run, tiny):
    prepare_training(run, tiny.changed({"training.batch_size": 2}), World(rank=1, size=1))
    assert run.read("tokenizer") == {}


def test_a_tokenizer_that_is_there_is_used(run, tiny):
    first = prepare_training(run, tiny, World())
    changed = tiny.changed({"tokenizer.kind": "byte"})
    again = prepare_training(run, changed, World())
    assert again.tokenizer.to_dict() == first.tokenizer.to_dict()


def test_the_threads_that_were_asked_for_are_used(run, tiny):
    before = torch.get_num_threads()
    try:
        prepare_training(run, tiny.changed({"compute.threads": 3}), World())
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_equal_seeds_begin_with_equal_weights(store, tiny):
    first, second = (
        prepare_training(store.create(tiny, name="x"), tiny, World()).model.state_dict()
        for _ in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_no_model_is_built_that_needs_more_memory_than_is_free(run, tiny, monkeypatch):
    monkeypatch.setattr(setup, "build_model", lambda *_, **__: pytest.fail("was built"))
    with pytest.raises(ConfigurationError, match="GB are free"):
        prepare_training(run, tiny, World(), free=lambda: 0, freeing_seconds=0.0)


def test_who_started_it_may_have_said_that_it_may(run, tiny):
    run.write("launch", Launch(at=1.0, exceed_memory=True).to_json())
    assert (
        prepare_training(run, tiny, World(), free=lambda: 0, freeing_seconds=0.0).trainer.last_step
        == 12
    )


def test_memory_that_becomes_free_in_time_is_enough(run, tiny):
    answers = [0, 0, 10**12, 10**12]
    assert prepare_training(run, tiny, World(), free=lambda: answers.pop(0)).trainer.last_step == 12
    assert answers == []


@pytest.mark.parametrize(
    ("changes", "varies"),
    [
        ({}, True),
        ({"compute.threads": 2}, False),
        ({"compute.compile": True}, False),
        ({"compute.processes": 2, "training.batch_size": 2}, False),
    ],
)
def test_threads_vary_unless_their_number_is_asked_for_or_built_in(tiny, changes, varies):
    assert (setup._thread_chooser(tiny.changed(changes).compute) is not None) == varies


def test_what_is_never_to_be_read_reaches_the_training(run, tiny):
    config = tiny.changed({"training.never_read": "train"})
    prepared = prepare_training(run, config, World())
    unread = prepared.trainer._stepper._unread
    text = tiny.corpus.load().training_text
    found = [text[begin:end] for begin, end in zip(unread.begins, unread.ends, strict=True)]
    assert found == ["train"] * text.count("train")


@pytest.mark.parametrize(
    ("passage", "words"), [("qqq", "is not in the training part"), ("e", "Every window of 8")]
)
def test_what_cannot_be_kept_unread_is_refused(run, tiny, passage, words):
    if passage == "e":
        corpus = add_text("vowels", "e" + "bcde" * 200)
        tiny = tiny.changed({"corpus.name": corpus.name, "corpus.sha256": ""})
    with pytest.raises(CorpusError, match=words):
        prepare_training(run, tiny.changed({"training.never_read": passage}), World())
