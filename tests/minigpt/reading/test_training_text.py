import pytest
import torch

from minigpt.corpora import add_text
from minigpt.errors import CorpusError
from minigpt.reading.run_text import TOKEN_FILE, FileText
from minigpt.reading.training_text import training_text
from minigpt.tokenizers import TOKENIZERS
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.training.distributed import World

TEXT = "the café is on the road to 東京 and the cat sat down.\n" * 60


@pytest.fixture
def made(store, tiny):
    def make(**changes):
        corpus = add_text("text", TEXT)
        return store.create(tiny.changed({"corpus.name": corpus.name, **changes}), name="run")

    return make


@pytest.mark.parametrize("kind", ["character", "byte", "bpe"])
def test_characters_are_found_in_their_tokens(made, kind):
    tokenizer = TOKENIZERS[kind].train(TEXT)
    known = training_text(made(), tokenizer)
    assert known.ids.tolist() == tokenizer.encode(known.text)
    assert known.is_whole
    assert known.total_tokens == len(known.ids)
    for start, end in ((0, 3), (4, 8), (7, 8), (27, 29), (len(known.text) - 3, len(known.text))):
        first, last = known.tokens_of(start, end)
        covering = known.characters_of(first, last)
        assert covering[0] <= start
        assert end <= covering[1]
        if last - first > 1:  # none of them could be left out
            assert known.characters_of(first + 1, last)[0] > start
            assert known.characters_of(first, last - 1)[1] < end


def test_a_long_text_is_searched_in_its_beginning(made):
    tokenizer = TOKENIZERS["bpe"].train(TEXT)
    known = training_text(made(), tokenizer, most=900)
    assert len(known.text) == 900
    assert not known.is_whole
    assert known.total_tokens > len(known.ids)


def test_a_large_file_is_searched_where_its_tokens_lie(store, tiny, tmp_path):
    path = tmp_path / "large.txt"
    path.write_text(TEXT, encoding="utf-8", newline="\n")
    config = tiny.changed({"corpus.path": str(path), "corpus.validation": "first"})
    run = store.create(config, name="large")
    tokenizer = CharacterTokenizer.train(TEXT)
    text = FileText(path, run.path / TOKEN_FILE, World(), validation="first")
    training, _ = text.streams(tokenizer)
    known = training_text(run, tokenizer)
    assert known.text == TEXT[-len(known.text) :]
    assert torch.equal(torch.from_numpy(known.ids).long(), training.long())


def test_a_text_that_the_tokenizer_changes_is_refused(made):
    words = TOKENIZERS["word"].train("the cat sat")
    training_text(made(), words)  # words that are not known have a token, too
    letters = CharacterTokenizer.train("the cat")
    known = training_text(made(), letters)
    assert len(known.ids) < len(known.text)
    read = "".join(known.text[end - 1] for end in known.ends)
    assert read == letters.decode(known.ids.tolist())


def test_a_text_that_has_changed_is_refused(made):
    run = made(**{"corpus.sha256": "0" * 64})
    with pytest.raises(CorpusError, match="has changed"):
        training_text(run, CharacterTokenizer.train(TEXT))
