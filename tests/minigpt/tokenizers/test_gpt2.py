import json
import sys

import pytest
import tiktoken
import tiktoken.load
from hypothesis import given, settings
from hypothesis import strategies as st
from tiktoken_ext.openai_public import gpt2 as published
from tiktoken_ext.openai_public import r50k_pat_str

from minigpt.errors import TokenizerError
from minigpt.tokenizers import gpt2
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in, token_bytes
from minigpt.tokenizers.gpt2 import GPT2_RANKS, Gpt2Tokenizer


@pytest.fixture(scope="module")
def tokenizer(small_gpt2):
    return Gpt2Tokenizer.load()


def test_known_ids_of_gpt2(tokenizer):
    assert tokenizer.encode("!") == [0]
    assert tokenizer.encode("\n") == [198]
    assert tokenizer.encode(" the") == [262]
    assert tokenizer.vocabulary[256:] == (
        " t", " a", "he", "in", "re", "on", " the", "<|endoftext|>",
    )  # fmt: skip


def test_the_end_of_text_is_decoded_but_never_read_from_a_text(tokenizer):
    last = tokenizer.vocabulary_size - 1
    assert tokenizer.decode([last]) == "<|endoftext|>"
    assert last not in tokenizer.encode("<|endoftext|>")


@settings(max_examples=100, deadline=None, database=None)
@given(text=st.text(st.sampled_from("the in'sre on123 \n\t.!é字\u3000")))
def test_words_are_cut_as_tiktoken_cuts_them(text, tokenizer):
    ranks = {token: rank for rank, token in enumerate(tokenizer._tokens[:-1])}
    reference = tiktoken.Encoding(
        "reference", pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={}
    )
    assert tokenizer.encode(text) == reference.encode_ordinary(text)


def test_the_file_is_read_as_tiktoken_reads_it(tokenizer, tmp_path, server, monkeypatch):
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    stand_in = {value: written for written, value in byte_of_stand_in().items()}
    merges, names = tmp_path / "vocab.bpe", tmp_path / "encoder.json"
    merges.write_bytes(server.answer)
    written = ("".join(stand_in[byte] for byte in token) for token in tokenizer._tokens[:-1])
    ids = {name: index for index, name in enumerate(written)}
    names.write_text(json.dumps(ids), encoding="utf-8")
    ranks = tiktoken.load.data_gym_to_mergeable_bpe_ranks(str(merges), str(names))
    assert ranks == {token_bytes(name): index for name, index in ids.items()}


def test_address_and_checksum_are_those_that_tiktoken_trusts(monkeypatch):
    asked = {}
    monkeypatch.setattr(
        "tiktoken_ext.openai_public.data_gym_to_mergeable_bpe_ranks", lambda **kw: asked.update(kw)
    )
    published()
    assert asked["vocab_bpe_file"] == GPT2_RANKS.url
    assert asked["vocab_bpe_hash"] == GPT2_RANKS.sha256


def test_the_saved_form_names_the_vocabulary_without_holding_it(tokenizer):
    assert tokenizer.to_dict() == {"kind": "gpt2", "sha256": gpt2.GPT2_RANKS.sha256}


def test_another_vocabulary_is_refused(small_gpt2):
    with pytest.raises(TokenizerError, match="does not name GPT-2's vocabulary"):
        Gpt2Tokenizer.from_dict({"kind": "gpt2", "sha256": "0" * 64})


def test_without_tiktoken_bpe_is_offered(small_gpt2, monkeypatch):
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    with pytest.raises(TokenizerError, match=r"pip install tiktoken.*bpe"):
        Gpt2Tokenizer.train("hello")


def test_the_real_vocabulary_where_it_is_cached():
    if not GPT2_RANKS.path.exists():
        pytest.skip("GPT-2's vocabulary is not on this computer")
    tokenizer = Gpt2Tokenizer.load()
    assert tokenizer.vocabulary_size == 50_257
    assert tokenizer.encode("The world is") == [464, 995, 318]
    assert tokenizer.encode("Hello world") == [15496, 995]


@pytest.mark.parametrize("gap", [" " * 1_300_000, "\n \t" * 400_000])
def test_a_gap_of_a_million_blanks_is_read(gap, tokenizer):
    text = f"the{gap}the"
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert ids[-1] == tokenizer.encode(f"the{gap[-9:]}the")[-1]
