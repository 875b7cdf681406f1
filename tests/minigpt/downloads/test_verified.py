import hashlib
from pathlib import Path

import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers.gpt2 import GPT2_RANKS
from tests.minigpt.rank_server import small_ranks


def test_it_is_fetched_once_and_kept(server, data_folder):
    ranks = server.ranks()
    first = ranks.read()
    assert hashlib.sha256(first).hexdigest() == ranks.sha256
    assert ranks.read() == first
    assert server.requests == 1
    assert [path.read_bytes() for path in (data_folder / "tokenizers").iterdir()] == [first]


def test_a_damaged_copy_is_fetched_again(server, data_folder):
    ranks = server.ranks()
    whole = ranks.read()
    ranks.path.write_bytes(whole[:-1])
    assert ranks.read() == whole
    assert ranks.path.read_bytes() == whole
    assert server.requests == 2


def test_what_fails_the_checksum_is_not_kept(server, data_folder):
    server.answer = b"<html>Please sign in</html>"
    with pytest.raises(TokenizerError, match="not the expected file") as caught:
        server.ranks().read()
    assert "bpe" in caught.value.message
    assert list(data_folder.iterdir()) == []


def test_the_status_of_a_refusal_is_named(server, data_folder):
    server.status = 404
    with pytest.raises(TokenizerError, match=r"answered 404.*bpe"):
        server.ranks().read()


def test_without_a_connection_bpe_is_offered(data_folder):
    ranks = small_ranks("http://127.0.0.1:9/vocab.bpe")
    with pytest.raises(TokenizerError, match=r"no connection.*internet.*bpe") as caught:
        ranks.read()
    assert caught.value.field == "tokenizer.kind"


def test_too_large_an_answer_is_cut_off(server, data_folder):
    server.answer = b"x" * 100_000
    with pytest.raises(TokenizerError, match=r"more than the 0\.001 million bytes"):
        server.ranks(max_bytes=1_000).read()


def test_a_trickling_server_is_given_up(server, data_folder):
    server.answer = b"x" * 1_600
    server.chunk_pause = 0.02
    with pytest.raises(TokenizerError, match=r"did not finish within 0\.3 seconds"):
        server.ranks(total_seconds=0.3).read()


def test_a_silent_server_is_given_up(server, data_folder):
    server.chunk_pause = 2.0
    with pytest.raises(TokenizerError, match=r"was silent for 0\.2 seconds"):
        server.ranks(read_seconds=0.2).read()


def test_a_folder_that_cannot_be_written_only_costs_the_copy(server, data_folder):
    (data_folder / "tokenizers").write_text("a file, not a folder", encoding="utf-8")
    assert server.ranks().read() == server.answer


def test_it_lies_beside_the_texts(data_folder):
    assert GPT2_RANKS.path == data_folder / "tokenizers" / f"{GPT2_RANKS.sha256[:16]}.ranks"


def test_without_a_home_the_tokenizer_says_what_to_set(monkeypatch):
    def no_home(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("MINIGPT_DATA", "~/data")
    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(TokenizerError, match="Set the environment variable MINIGPT_DATA") as raised:
        small_ranks("http://127.0.0.1:9/x").read()
    assert raised.value.field == "tokenizer.kind"
