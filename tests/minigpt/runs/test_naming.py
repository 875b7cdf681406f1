import pytest

from minigpt.runs.labels import clean_name, new_run_id, slug
from minigpt.runs.store import RUN_ID


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
