import dataclasses

import pytest
import torch

from minigpt.corpora import add_text
from minigpt.corpora.large_files import sha256_of
from minigpt.errors import CorpusError
from minigpt.reading import run_text
from minigpt.reading.run_text import TOKEN_FILE, FileText, HeldText, open_text, run_streams
from minigpt.runs.config import CorpusConfig
from minigpt.tokenizers import TOKENIZERS
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
    monkeypatch.setattr(run_text, "LEARNING_CHARACTERS", 1)
    monkeypatch.setattr(run_text, "read_chunks", lambda found: _lines(found))
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


def test_who_only_reads_writes_no_tokens(store, tiny, path):
    run = store.create(tiny.changed({"corpus.path": str(path)}), name="large")
    tokenizer = CharacterTokenizer.train(TEXT)
    with pytest.raises(CorpusError, match="where the run was trained"):
        run_streams(run, tokenizer)
    whole = FileText(path, run.path / TOKEN_FILE, World()).streams(tokenizer)
    assert all(map(torch.equal, run_streams(run, tokenizer), whole))


def test_all_places_of_a_passage_are_found_in_the_tokens(store):
    corpus = add_text("known", TEXT)
    for kind in ("character", "bpe"):
        tokenizer = TOKENIZERS[kind].train(TEXT)
        held = HeldText(corpus)
        unread = held.stretches(tokenizer, "is on the")
        training, _ = held.streams(tokenizer)
        for begin, end in zip(unread.begins, unread.ends, strict=True):
            assert "is on the" in tokenizer.decode(training[begin:end].tolist())
        assert len(unread.begins) == corpus.training_text.count("is on the")
    with pytest.raises(CorpusError, match="is not in the training part"):
        held.stretches(tokenizer, "is not on the")


def test_of_a_large_file_nothing_can_be_kept_unread(path, tmp_path):
    text = FileText(path, tmp_path / "tokens.npy", World())
    with pytest.raises(CorpusError, match="Of a large file"):
        text.stretches(CharacterTokenizer.train(TEXT), "train")
