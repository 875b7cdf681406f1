from pathlib import Path

import pytest

from minigpt.corpora import add_text
from minigpt.corpora.user_texts import brought_texts
from minigpt.errors import ConfigurationError, RunError
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import read_archive
from minigpt.runs.transfer.quotas import (
    CLOSED,
    PER_OWNER,
    TOGETHER,
    WAYS,
    brought_bytes,
    is_closed,
    require_known_settings,
    require_quota,
)
from tests.minigpt.runs.transfer.archives import archived, left_behind

MEGABYTE = 2**20


@pytest.fixture
def store(folders):
    made = RunStore.default()
    made.root.mkdir()
    return made


def test_what_was_brought_counts_for_its_owner_and_what_was_trained_does_not(trained, store):
    file = archived(trained)
    run = read_archive(store, file, owner="anna")
    text = add_text("Notes", "ab" * 5_000, owner="anna")
    add_text("Others", "cd" * 3_000, owner="ben")
    add_text("Nobody's", "ef" * 3_000)
    read_archive(store, file)  # the command line's
    store.create(run.config(), name="trained", owner="anna")
    size = sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
    assert brought_bytes(store) == {"anna": size + len(text.text), "ben": 6_000}
    assert run.meta().owner == "anna"


def test_a_text_that_somebody_else_brings_again_stays_the_first_one_s(folders):
    add_text("Notes", "ab" * 500, owner="anna")
    add_text("Notes", "ab" * 500, owner="ben")
    assert brought_texts() == [("anna", 1000)]


def test_what_is_deleted_meanwhile_counts_no_more(trained, store, monkeypatch):
    read_archive(store, archived(trained), owner="anna")
    add_text("Notes", "ab" * 500, owner="ben")

    def gone(path):
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "lstat", gone)
    assert brought_bytes(store) == {"anna": 0, "ben": 1000}


@pytest.mark.parametrize("limit", [PER_OWNER, TOGETHER])
def test_more_than_that_is_refused_before_it_is_unpacked(trained, store, monkeypatch, limit):
    monkeypatch.setenv(limit, "0.1")
    with pytest.raises(RunError, match=r"MB"):
        read_archive(store, archived(trained), owner="anna")
    assert left_behind(store) == []
    assert read_archive(store, archived(trained)).meta().owner == ""


def test_room_is_free_again_when_something_is_deleted(trained, store, monkeypatch):
    file = archived(trained)
    run = read_archive(store, file, owner="anna")
    monkeypatch.setenv(PER_OWNER, str(1.5 * brought_bytes(store)["anna"] / MEGABYTE))
    with pytest.raises(RunError, match="You have brought"):
        read_archive(store, file, owner="anna")
    read_archive(store, file, owner="ben")
    store.delete(run.id)
    read_archive(store, file, owner="anna")


def test_all_together_have_a_limit_however_often_somebody_changes_names(store, monkeypatch):
    monkeypatch.setenv(TOGETHER, "0.05")
    for number in range(3):
        name = f"browser-{number}"
        require_quota(store, name, 15_000)
        add_text(f"Text {number}", f"{number} ab " * 3_000, owner=name)
    with pytest.raises(RunError, match="as much to this server as it keeps"):
        require_quota(store, "browser-9", 15_000)
    require_quota(store, "", 10**12)


@pytest.mark.parametrize("name", [PER_OWNER, TOGETHER])
@pytest.mark.parametrize("value", ["many", "nan", "-1", "inf"])
def test_a_limit_that_is_no_number_is_refused_at_start(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="number of megabytes"):
        require_known_settings()


def test_ways_are_open_unless_they_are_closed(monkeypatch):
    assert not any(is_closed(way) for way in WAYS)
    monkeypatch.setenv(CLOSED, " imports, addresses,")
    assert [is_closed(way) for way in WAYS] == [True, True, False]
    require_known_settings()


@pytest.mark.parametrize("value", ["import", "urls,texts"])
def test_a_way_that_there_is_not_cannot_be_closed(monkeypatch, value):
    monkeypatch.setenv(CLOSED, value)
    with pytest.raises(ConfigurationError, match="cannot be closed"):
        require_known_settings()
