import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from minigpt.corpora.user_texts import ALTERNATIVES
from minigpt.downloads.limits import TransferLimits
from minigpt.downloads.verified import Download
from minigpt.errors import CorpusError, TokenizerError
from minigpt.tokenizers.gpt2 import GPT2_RANKS
from tests.minigpt.loopback import LIMITS
from tests.minigpt.rank_server import small_ranks

TEXT = b"To be, or not to be.\n"
SHORT = dataclasses.replace(LIMITS, total_seconds=0.5)


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


def download(url: str, content: bytes = TEXT, limits: TransferLimits = LIMITS) -> Download:
    return Download(
        title="Hamlet",
        url=url,
        sha256=hashlib.sha256(content).hexdigest(),
        file_name="hamlet.txt",
        limits=limits,
        alternatives=ALTERNATIVES,
        error=CorpusError,
        field="corpus",
    )


def complaint(wanted: Download) -> str:
    with pytest.raises(CorpusError) as raised:
        wanted.read()
    message = raised.value.message
    assert raised.value.field == "corpus"
    assert message.startswith("Hamlet could not be downloaded.")
    assert message.endswith("upload a file, or paste a text.")
    assert not wanted.path.exists()
    assert not wanted.path.parent.exists() or not list(wanted.path.parent.iterdir())
    return message


def test_a_file_that_was_brought_by_hand_as_the_message_says_is_used(data: Path) -> None:
    wanted = download("http://127.0.0.1:9/hamlet")
    message = complaint(wanted)
    assert "fetch http://127.0.0.1:9/hamlet elsewhere and save it as hamlet.txt" in message
    data.mkdir(parents=True, exist_ok=True)
    (data / "hamlet.txt").write_bytes(TEXT)
    assert wanted.read() == TEXT


def test_a_download_is_fetched_and_kept(loopback: Any, data: Path) -> None:
    wanted = download(loopback.serve(TEXT))
    assert not wanted.is_cached()
    assert wanted.read() == TEXT
    assert wanted.is_cached()
    assert [path.name for path in data.iterdir()] == ["hamlet.txt"]
    assert (data / "hamlet.txt").read_bytes() == TEXT


def test_cached_copy_is_used_when_the_server_is_gone(loopback: Any) -> None:
    wanted = download(loopback.serve(TEXT))
    wanted.read()
    loopback.stop()
    assert wanted.read() == TEXT
    assert loopback.asked == ["/text"]


@pytest.mark.parametrize("damage", [b"", TEXT[:5], TEXT + b"x"])
def test_damaged_copy_is_fetched_again(loopback: Any, damage: bytes) -> None:
    wanted = download(loopback.serve(TEXT))
    wanted.read()
    wanted.path.write_bytes(damage)
    assert not wanted.is_cached()
    assert wanted.read() == TEXT
    assert wanted.is_cached()


def test_wrong_checksum_is_refused(loopback: Any) -> None:
    message = complaint(download(loopback.serve(b"something else"), TEXT))
    assert "not the expected file" in message
    assert hashlib.sha256(TEXT).hexdigest()[:8] in message


def test_failed_download_keeps_no_damaged_copy_in_use(loopback: Any) -> None:
    wanted = download(loopback.fail("/text", 500))
    wanted.path.parent.mkdir(parents=True)
    wanted.path.write_bytes(b"damaged")
    with pytest.raises(CorpusError, match="500"):
        wanted.read()


def test_missing_page_offers_alternatives(loopback: Any) -> None:
    assert "404" in complaint(download(loopback.fail("/gone", 404)))


def test_too_large_offers_alternatives(loopback: Any) -> None:
    assert "more than" in complaint(download(loopback.serve(b"a" * 2000)))
    assert "more than" in complaint(download(loopback.serve(b"a" * 2000, content_length="")))


def test_slow_drip_offers_alternatives(loopback: Any) -> None:
    url = loopback.drip("/slow", b"HTTP/1.1 200 OK\r\n\r\n")
    assert "did not finish within 0.5 seconds" in complaint(download(url, limits=SHORT))


def test_refused_connection_offers_alternatives(loopback: Any) -> None:
    url = loopback.url()
    loopback.stop()
    assert "no connection to 127.0.0.1" in complaint(download(url))


def test_unwritable_folder_only_costs_the_copy(loopback: Any, data: Path) -> None:
    data.write_bytes(b"a file where the folder should be")
    wanted = download(loopback.serve(TEXT))
    assert wanted.read() == wanted.read() == TEXT
    assert loopback.asked == ["/text", "/text"]
    assert data.read_bytes() == b"a file where the folder should be"


def test_a_copy_of_another_size_is_not_even_read(loopback: Any) -> None:
    wanted = download(loopback.serve(TEXT))
    wanted.path.parent.mkdir(parents=True)
    wanted.path.write_bytes(bytes(LIMITS.max_bytes + 1))
    assert wanted.read() == TEXT
