import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import RunError
from minigpt.runs.labels import (
    clean_name,
    clean_note,
    clean_tags,
    new_run_id,
    set_labels,
    slug,
    split_tags,
)
from minigpt.runs.records import Meta
from minigpt.runs.records.requests import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS
from minigpt.runs.store import RUN_ID, RunStore


def test_tags_and_note_are_kept_with_the_run(store, run):
    set_labels(run, tags=["First", " two  words "], note=" what I saw\n")
    assert run.read("meta")["tags"] == ["first", "two words"]
    assert run.read("meta")["note"] == "what I saw"
    summary = store.summarise(run)
    assert (summary.tags, summary.note) == (("first", "two words"), "what I saw")


def test_what_is_left_out_stays_as_it_is(run):
    set_labels(run, tags=["a"], note="b")
    name = run.read("meta")["name"]
    set_labels(run, tags=["c"])
    set_labels(run, note="d")
    assert run.read("meta") | {"name": name, "tags": ["c"], "note": "d"} == run.read("meta")


def test_labels_can_be_taken_away(run):
    set_labels(run, tags=["a"], note="b")
    set_labels(run, tags=[], note="")
    assert (run.read("meta")["tags"], run.read("meta")["note"]) == ([], "")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ({"tags": [str(number) for number in range(MOST_TAGS + 1)]}, f"can have {MOST_TAGS}"),
        ({"tags": ["x" * (LONGEST_TAG + 1)]}, f"{LONGEST_TAG} are allowed"),
        ({"note": "x" * (LONGEST_NOTE + 1)}, "Shorten it"),
    ],
)
def test_what_is_too_much_is_refused_and_changes_nothing(run, labels, message):
    set_labels(run, tags=["kept"], note="kept")
    with pytest.raises(RunError, match=message):
        set_labels(run, **labels)
    assert run.read("meta")["tags"] == ["kept"]
    assert run.read("meta")["note"] == "kept"


def test_a_folder_that_is_gone_is_told(run):
    gone = RunStore(run.path / "nowhere")
    run.path = gone.root
    with pytest.raises(RunError, match="could not be written"):
        set_labels(run, tags=["a"])


@pytest.mark.parametrize("damaged", [{}, {"tags": "a"}, {"tags": None}, {"tags": {"a": 1}}])
def test_damaged_tags_count_as_none(damaged):
    assert Meta.from_json(damaged).tags == ()


def test_of_damaged_tags_the_good_ones_count():
    assert Meta.from_json({"tags": ["a", 3, None, "b"]}).tags == ("a", "b")


def test_typed_tags_are_split_at_commas():
    assert split_tags("one, two words; three\n,, ") == ["one", " two words", " three"]


@given(st.lists(st.text(max_size=LONGEST_TAG), max_size=MOST_TAGS))
def test_clean_tags_are_tidy_and_stay_as_they_are(tags):
    try:
        found = clean_tags(tags)
    except RunError:  # some letters become longer in lower case
        return
    assert len(set(found)) == len(found)
    assert all(tag and tag.isprintable() and tag == tag.strip() for tag in found)
    assert clean_tags(found) == found


@given(st.text(max_size=200))
def test_a_clean_note_has_no_control_characters_but_line_breaks(note):
    found = clean_note(note)
    assert found.replace("\n", "").isprintable()
    assert clean_note(found) == found


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("plain", "plain"),
        ("  two\t words\n", "two words"),
        ("\x1b[31mred", "[31mred"),
        ("x" * 200, "x" * 80),
        ("lone \udc80 surrogate", "lone surrogate"),
        ("日本 <b>", "日本 <b>"),
    ],
)
def test_a_name_is_one_printable_line(name, cleaned):
    assert clean_name(name) == cleaned


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", "hello-world"),
        ("../../etc", "etc"),
        ("日本", "run"),
        ("", "run"),
        ("x" * 100, "x" * 40),
        ("--a--", "a"),
    ],
)
def test_a_slug_is_safe_in_a_file_name(text, expected):
    assert slug(text) == expected


@pytest.mark.parametrize("name", ["", "../../etc", "日本", "My first run!", "x" * 500, "\x00"])
def test_a_new_id_is_one_that_is_found_again_and_no_two_are_alike(name):
    ids = {new_run_id(name) for _ in range(50)}
    assert len(ids) == 50
    assert all(RUN_ID.fullmatch(one) for one in ids)


def test_an_id_tells_the_name():
    assert "-my-first-run-" in new_run_id("  My first run! ")
    assert "-untitled-" in new_run_id(" ")
