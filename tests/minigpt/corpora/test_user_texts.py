import dataclasses
import json
import os
import re
import time
import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigpt.corpora import user_texts as module
from minigpt.corpora.user_texts import (
    MAX_TITLE_CHARACTERS,
    NAME_PATTERN,
    add_file,
    add_text,
    delete_text,
    fetch_text,
    user_texts,
)
from minigpt.downloads.limits import Destinations, TransferLimits
from minigpt.errors import CorpusError
from tests.minigpt.loopback import LIMITS

UNSAFE = ["", ".", "..", "../secret", "a/b", "a\\b", "/etc/passwd", "a-0123456", "A-01234567"]
LOOPBACK = ip_address("127.0.0.1")
SHORT = dataclasses.replace(LIMITS, total_seconds=0.5)


def test_added_text_is_found_again() -> None:
    corpus = add_text("My Diary!", "dear diary\n")
    (source,) = user_texts()
    assert (source.name, source.title) == (corpus.name, "My Diary!")
    assert source.description == "A text of 11 characters that was added here."
    assert source.read() == corpus.text == "dear diary\n"
    assert source.is_ready()


def test_name_is_a_slug_with_a_checksum() -> None:
    assert add_text("My  Diary: für Zoë!", "ab").name == "my-diary-fur-zoe-fb8e20fc"


@pytest.mark.parametrize("title", ["", "   ", "日本", "../../etc", "a" * 500, "x\0\n\ry", "con"])
def test_any_title_makes_a_safe_name(title: str, data: Path) -> None:
    corpus = add_text(title, "some text")
    assert NAME_PATTERN.fullmatch(corpus.name)
    assert corpus.title == corpus.title.strip() != ""
    assert {path.parent for path in data.rglob("*.txt")} == {data / "texts"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.text(max_size=200))
def test_random_titles_make_safe_names(title: str) -> None:
    assert NAME_PATTERN.fullmatch(add_text(title, "some text").name)


def test_adding_twice_keeps_one(data: Path) -> None:
    assert add_text("Diary", "dear diary") == add_text("Diary", "dear diary")
    assert len(user_texts()) == 1
    assert len(list((data / "texts").iterdir())) == 2


def test_edited_text_gets_another_name() -> None:
    assert add_text("Diary", "dear diary").name != add_text("Diary", "dear, dear diary").name
    assert len(user_texts()) == 2


def test_texts_are_listed_by_title() -> None:
    for title in ("pear", "Apple", "orange"):
        add_text(title, f"about the {title}")
    assert [source.title for source in user_texts()] == ["Apple", "orange", "pear"]


def test_no_folder_means_no_texts(data: Path) -> None:
    assert user_texts() == []
    assert not data.exists()


def test_foreign_files_are_not_listed(data: Path) -> None:
    add_text("Diary", "dear diary")
    (data / "texts" / "Notes.txt").write_text("not ours", encoding="utf-8")
    assert len(user_texts()) == 1


@pytest.mark.parametrize("content", ["", "{", "[1]", '"x"', "null"])
def test_damaged_title_falls_back_to_the_name(data: Path, content: str) -> None:
    name = add_text("Diary", "dear diary").name
    (data / "texts" / f"{name}.json").write_text(content, encoding="utf-8")
    (source,) = user_texts()
    assert source.title == name
    assert source.load().text == "dear diary"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with a name")
def test_a_pipe_in_place_of_a_file_is_not_waited_for(data: Path) -> None:
    name = add_text("Diary", "dear diary").name
    (source,) = user_texts()
    for ending in ("json", "txt"):
        path = data / "texts" / f"{name}.{ending}"
        path.unlink()
        os.mkfifo(path)
        if ending == "json":
            assert [one.title for one in user_texts()] == [name]
    with pytest.raises(CorpusError):
        source.load()


def test_line_ends_are_made_equal() -> None:
    assert add_text("Diary", "a\r\nb\r").text == "a\nb\n"


@pytest.mark.parametrize("text", ["", " \n", "aaaa", "a\0b", "a\ud800"])
def test_useless_text_is_refused_and_not_kept(text: str, data: Path) -> None:
    with pytest.raises(CorpusError) as raised:
        add_text("Diary", text)
    assert raised.value.field == "corpus"
    assert not data.exists()


def test_too_long_text_is_refused(tmp_path: Path) -> None:
    most = f"at most {module.MAX_CHARACTERS:,} characters"
    with pytest.raises(CorpusError, match=f"{module.MAX_CHARACTERS + 1:,} characters; {most}"):
        add_text("Diary", "a" * module.MAX_CHARACTERS + "b")
    path = tmp_path / "large.txt"
    path.touch()
    os.truncate(path, 4 * module.MAX_CHARACTERS + 1)  # which takes no room on the disk
    with pytest.raises(CorpusError, match=most):
        add_file(path)


def test_changed_file_is_not_taken_for_the_old_text(data: Path) -> None:
    name = add_text("Diary", "dear diary").name
    (data / "texts" / f"{name}.txt").write_text("something else", encoding="utf-8")
    (source,) = user_texts()
    with pytest.raises(CorpusError, match="was changed on the disk"):
        source.load()
    add_text("Diary", "dear diary")
    assert source.load().text == "dear diary"


def test_deleted_text_is_gone(data: Path) -> None:
    corpus = add_text("Diary", "dear diary")
    (source,) = user_texts()
    delete_text(corpus.name)
    assert user_texts() == []
    assert list((data / "texts").iterdir()) == []
    with pytest.raises(CorpusError, match=corpus.name):
        source.load()


@pytest.mark.parametrize("name", [*UNSAFE, "missing-01234567", "tiny-shakespeare"])
def test_only_texts_that_were_added_can_be_deleted(name: str, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret", encoding="utf-8")
    with pytest.raises(CorpusError, match="No text called"):
        delete_text(name)
    assert outside.exists()


def test_file_is_added_under_its_name(tmp_path: Path) -> None:
    path = tmp_path / "My story.txt"
    path.write_bytes("\ufeffonce upon a time\r\n".encode())
    corpus = add_file(path)
    assert (corpus.title, corpus.text) == ("My story", "once upon a time\n")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"There is no file .*story\.txt") as raised:
        add_file(tmp_path / "story.txt")
    assert raised.value.field == "corpus"


def test_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="is a folder or device"):
        add_file(tmp_path)


def test_device_is_not_read() -> None:
    with pytest.raises(CorpusError, match="is a folder or device"):
        add_file(Path(os.devnull))


def test_path_that_no_system_accepts_is_named() -> None:
    with pytest.raises(CorpusError, match=r"cannot be read|no file"):
        add_file(Path("a\0b"))


def test_unreadable_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(b"once")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(CorpusError, match="cannot be read: Permission denied"):
        add_file(path)


def test_title_is_kept_in_readable_json(data: Path) -> None:
    name = add_text("日本", "some text").name
    about = (data / "texts" / f"{name}.json").read_text(encoding="utf-8")
    assert json.loads(about) == {"title": "日本", "characters": 9}


def test_another_text_of_the_same_title_is_numbered() -> None:
    titles = [add_text(title, text).title for title, text in (
        ("My text", "one"), ("My text", "two"), ("my TEXT", "three"), ("My text", "two"),
    )]  # fmt: skip
    assert titles == ["My text", "My text 2", "my TEXT 3", "My text 2"]
    assert len(user_texts()) == 3


def test_a_number_fits_into_the_longest_title() -> None:
    first, second = (add_text("x" * MAX_TITLE_CHARACTERS, text).title for text in ("one", "two"))
    assert len(first) == len(second) == MAX_TITLE_CHARACTERS
    assert second.endswith("x 2")


def allow_loopback(address: IPv4Address | IPv6Address) -> bool:
    return address == LOOPBACK


def fetch(url: str, limits: TransferLimits = LIMITS) -> str:
    return fetch_text(
        url, destinations=Destinations(addresses=allow_loopback, ports=None), limits=limits
    )


def test_a_text_is_fetched_from_its_address(loopback: Any) -> None:
    url = loopback.serve("zwölf\r\n".encode())
    assert fetch(f" {url} ") == "zwölf\n"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[fd00::1]",
        "localhost",
        "2130706433",
        "user:password@127.0.0.1",
    ],
)
def test_private_addresses_are_refused(host: str, loopback: Any) -> None:
    loopback.serve(b"secret", path="/")
    port = re.search(r":(\d+)/", loopback.url())
    assert port is not None
    with pytest.raises(CorpusError, match=r"not on the public internet") as raised:
        fetch_text(f"http://{host}:{port[1]}/")
    assert raised.value.field == "corpus"
    assert loopback.asked == []


@pytest.mark.parametrize("target", ["http://10.0.0.1/", "http://[::1]/", "//169.254.169.254/"])
def test_redirect_to_a_private_address_is_refused(loopback: Any, target: str) -> None:
    with pytest.raises(CorpusError, match="not on the public internet"):
        fetch(loopback.redirect("/start", target))


def test_redirect_to_another_port_is_refused(loopback: Any) -> None:
    port = int(loopback.url("").rsplit(":", 1)[1])
    destinations = Destinations(addresses=allow_loopback, ports=frozenset({port}))
    url = loopback.redirect("/start", "http://127.0.0.1:22/")
    with pytest.raises(CorpusError, match=r"Port 22 of 127\.0\.0\.1"):
        fetch_text(url, destinations=destinations, limits=LIMITS)


def test_redirect_to_a_file_is_refused(loopback: Any) -> None:
    with pytest.raises(CorpusError, match="is not a web address"):
        fetch(loopback.redirect("/start", "file:///etc/passwd"))


def test_allowed_redirect_is_followed(loopback: Any) -> None:
    loopback.serve(b"text", path="/end")
    assert fetch(loopback.redirect("/start", "/end")) == "text"


def test_name_that_turns_private_after_the_check_is_refused(
    loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name resolves to a public address at first, to this machine from then on."""
    answers = iter(["8.8.8.8"])
    connected = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", (next(answers, "127.0.0.1"), port))]

    def connect(address: tuple[str, int], *_: object) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(CorpusError, match="no connection"):
        fetch_text("http://rebinding.example/")
    assert connected == ["8.8.8.8"]
    with pytest.raises(CorpusError, match="not on the public internet"):
        fetch_text("http://rebinding.example/")
    assert connected == ["8.8.8.8"]


def test_proxies_are_not_used(loopback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://10.0.0.1:3128")
    assert fetch(loopback.serve(b"direct")) == "direct"


@pytest.mark.parametrize("url", ["", "example.com", "file:///etc/passwd", "ftp://example.com/"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(CorpusError, match=r"is not a web address.*begins with http"):
        fetch_text(url)


def test_a_text_too_large_to_fetch_is_refused(loopback: Any) -> None:
    with pytest.raises(CorpusError, match="more than"):
        fetch(loopback.serve(b"a" * 1001, content_length=""))


def test_slow_server_is_left(loopback: Any) -> None:
    started = time.monotonic()
    with pytest.raises(CorpusError, match=r"did not finish within 0\.5 seconds"):
        fetch(loopback.drip("/slow", b"HTTP/1.1 200 OK\r\n\r\n"), SHORT)
    assert time.monotonic() - started < LIMITS.total_seconds


def test_what_is_not_text_is_refused_with_alternatives(loopback: Any) -> None:
    with pytest.raises(CorpusError, match=r"not a text file.*paste a text") as raised:
        fetch(loopback.serve(b"\x89PNG\0\0"))
    assert raised.value.field == "corpus"


def test_a_word_is_said_where_accents_were_joined_with_their_letters():
    apart = unicodedata.normalize("NFD", "Tiếng Việt là ngôn ngữ của người Việt.\n") * 20
    corpus = add_text("Tiếng Việt", apart)
    assert corpus.text == unicodedata.normalize("NFC", apart)
    [source] = user_texts()
    assert source.load().text == corpus.text
    assert f"{len(corpus.text):,} characters" in source.description
    assert "accents" in source.description
    assert add_text("Composed", corpus.text).name.endswith(corpus.name[-8:])


@pytest.mark.parametrize("first", [0x4E00, 0x20000])
def test_a_text_of_more_different_characters_than_any_language_has_is_refused(first):
    alphabet = "".join(chr(first + number) for number in range(module.MOST_DIFFERENT + 1))
    with pytest.raises(CorpusError, match="30,001 different characters"):
        add_text("Strange", alphabet * 2)
    add_text("Just so", alphabet[1:] * 2)
