import hashlib
from pathlib import Path
from typing import Any

import pytest

from minigpt.corpora.user_texts import ALTERNATIVES
from minigpt.downloads.limits import TransferLimits
from minigpt.downloads.verified import Download
from minigpt.errors import CorpusError

TEXT = b"To be, or not to be.\n"
LIMITS = TransferLimits(connect_seconds=2.0, read_seconds=2.0, total_seconds=0.5, max_bytes=1000)


def download(url: str, content: bytes = TEXT) -> Download:
    return Download(
        title="Hamlet",
        url=url,
        sha256=hashlib.sha256(content).hexdigest(),
        file_name="hamlet.txt",
        limits=LIMITS,
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


def test_fetches_and_keeps(loopback: Any, data: Path) -> None:
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
    assert "did not finish within 0.5 seconds" in complaint(download(url))


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
