import dataclasses

import pytest
import torch

from minigpt.corpora import add_text
from minigpt.corpora.large_files import sha256_of
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.jobs.worker import setup
from minigpt.jobs.worker.setup import FileText, HeldText, open_text, prepare
from minigpt.runs.config import CorpusConfig
from minigpt.runs.records import Launch
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.training.distributed import World

TEXT = "the train is on the road\n" * 40 + "zebra\n"


@pytest.fixture
def path(tmp_path):
    written = tmp_path / "large.txt"
    written.write_text(TEXT, encoding="utf-8", newline="\n")
    return written


def test_a_file_gives_the_tokens_that_a_held_text_gives(path, tmp_path):
    tokenizer = CharacterTokenizer.train(TEXT)
    held = HeldText(add_text("held", TEXT)).streams(tokenizer)
    mapped = FileText(path, tmp_path / "tokens.npy", World()).streams(tokenizer)
    for one, other in zip(held, mapped, strict=True):
        assert torch.equal(one, other.long())


def test_tokens_of_a_file_take_two_bytes_each_and_are_mapped(path, tmp_path):
    tokenizer = CharacterTokenizer.train(TEXT)
    tokens, _ = FileText(path, tmp_path / "tokens.npy", World()).streams(tokenizer)
    assert tokens.dtype == torch.uint16
    assert (tmp_path / "tokens.npy").stat().st_size < 2 * len(TEXT) + 200


def test_every_character_is_learnt_though_only_the_beginning_is_read(path, tmp_path, monkeypatch):
    monkeypatch.setattr(setup, "LEARNING_CHARACTERS", 1)
    monkeypatch.setattr(setup, "read_chunks", lambda found: _lines(found))
    learnt = FileText(path, tmp_path / "tokens.npy", World()).learning_text()
    assert set(learnt) == set(TEXT)
    assert len(learnt) < len(TEXT)


def test_a_changed_file_is_refused(run, path):
    config = CorpusConfig(name="large", path=str(path), sha256=sha256_of(path))
    assert isinstance(open_text(run, config, World()), FileText)
    path.write_text(TEXT + "more", encoding="utf-8")
    with pytest.raises(CorpusError, match="has changed"):
        open_text(run, config, World())


def test_a_known_text_is_held_and_checked(run):
    corpus = add_text("known", TEXT)
    config = CorpusConfig(name=corpus.name, sha256=corpus.sha256)
    assert open_text(run, config, World()).learning_text() == TEXT
    with pytest.raises(CorpusError, match="has changed"):
        open_text(run, dataclasses.replace(config, sha256="0" * 64), World())


def _lines(found):
    from minigpt.corpora.large_files import read_chunks

    return read_chunks(found, chunk_bytes=32)


def test_everything_is_ready_to_train(run, tiny):
    prepared = prepare(run, tiny, World())
    assert prepared.trainer.last_step == 12
    assert prepared.characters_per_token == pytest.approx(1.0)
    assert prepared.tokenizer.decode(list(prepared.sample_prompt)) == "\n"
    assert run.tokenizer().to_dict() == prepared.tokenizer.to_dict()
    assert prepared.notes == []


def test_whole_words_cover_several_characters(run, tiny):
    config = tiny.changed({"tokenizer.kind": "word"})
    assert prepare(run, config, World()).characters_per_token > 2


def test_only_the_first_process_writes(run, tiny):
    prepare(run, tiny.changed({"training.batch_size": 2}), World(rank=1, size=1))
    assert run.read("tokenizer") == {}


def test_a_tokenizer_that_is_there_is_used(run, tiny):
    first = prepare(run, tiny, World())
    changed = tiny.changed({"tokenizer.kind": "byte"})
    again = prepare(run, changed, World())
    assert again.tokenizer.to_dict() == first.tokenizer.to_dict()


def test_the_threads_that_were_asked_for_are_used(run, tiny):
    before = torch.get_num_threads()
    try:
        prepare(run, tiny.changed({"compute.threads": 3}), World())
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_equal_seeds_begin_with_equal_weights(store, tiny):
    first, second = (
        prepare(store.create(tiny, name="x"), tiny, World()).model.state_dict() for _ in range(2)
    )
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_no_model_is_built_that_needs_more_memory_than_is_free(run, tiny, monkeypatch):
    monkeypatch.setattr(setup, "build_model", lambda *_, **__: pytest.fail("was built"))
    with pytest.raises(ConfigurationError, match="GB are free"):
        prepare(run, tiny, World(), free=lambda: 0, freeing_seconds=0.0)


def test_who_started_it_may_have_said_that_it_may(run, tiny):
    run.write("launch", Launch(at=1.0, exceed_memory=True).to_json())
    assert prepare(run, tiny, World(), free=lambda: 0, freeing_seconds=0.0).trainer.last_step == 12


def test_memory_that_becomes_free_in_time_is_enough(run, tiny):
    answers = [0, 0, 10**12, 10**12]
    assert prepare(run, tiny, World(), free=lambda: answers.pop(0)).trainer.last_step == 12
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
