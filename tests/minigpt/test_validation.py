from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import ConfigurationError
from minigpt.validation import build_section, coerce, nearest


@dataclass(frozen=True, kw_only=True)
class Oven:
    degrees: int = 180
    minutes: float = 12.5
    fan: bool = False
    rack: Literal["top", "middle"] = "middle"
    label: str = "cake"
    timer: int | None = None


def test_what_is_left_out_has_its_default():
    assert build_section(Oven, {}, "oven") == Oven()


def test_words_become_the_type_that_the_field_asks_for():
    words = {
        "degrees": "2e2",
        "minutes": "7",
        "fan": "yes",
        "rack": "top",
        "label": "true",
        "timer": "9",
    }
    assert build_section(Oven, words, "oven") == Oven(
        degrees=200, minutes=7.0, fan=True, rack="top", label="true", timer=9
    )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("degrees", "hot", "a whole number"),
        ("degrees", 1.5, "a whole number"),
        ("degrees", True, "a whole number"),
        ("degrees", None, "a whole number"),
        ("degrees", "1e999", "a whole number"),
        ("degrees", [1], "a whole number"),
        ("minutes", "long", "a number"),
        ("minutes", "nan", "a number"),
        ("minutes", float("inf"), "a number"),
        ("minutes", False, "a number"),
        ("minutes", {}, "a number"),
        ("fan", "perhaps", "true or false"),
        ("fan", 2, "true or false"),
        ("label", 3, "text"),
        ("label", None, "text"),
        ("timer", "soon", "a whole number"),
        ("rack", "bottom", "one of top, middle"),
        ("rack", ["top"], "one of top, middle"),
    ],
)
def test_a_wrong_type_is_refused_with_name_value_and_wish(name, value, wanted):
    with pytest.raises(ConfigurationError) as refusal:
        build_section(Oven, {name: value}, "oven")
    assert refusal.value.field == f"oven.{name}"
    assert f"oven.{name} is {value!r}" in refusal.value.message
    assert wanted in refusal.value.message


def test_an_unknown_name_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigurationError, match=r"Did you mean oven\.degrees\?") as refusal:
        build_section(Oven, {"degreees": 1}, "oven")
    assert refusal.value.field == "oven.degreees"


def test_an_unknown_name_like_no_other_is_answered_with_all_of_them():
    with pytest.raises(ConfigurationError, match="It has degrees, minutes, fan, rack"):
        build_section(Oven, {"zzz": 1}, "oven")


@pytest.mark.parametrize("values", [None, 5, "text", ["degrees"]])
def test_what_is_no_section_is_refused(values):
    with pytest.raises(ConfigurationError, match="must hold settings") as refusal:
        build_section(Oven, values, "oven")
    assert refusal.value.field == "oven"


@pytest.mark.parametrize("word", [None, "none", "None"])
def test_nothing_is_a_value_where_the_field_allows_it(word):
    assert coerce(word, int | None, "oven.timer") is None


@given(st.integers())
def test_whole_numbers_of_any_size_survive_as_words(number):
    assert coerce(str(number), int, "oven.degrees") == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_survive_as_words(number):
    assert coerce(str(number), float, "oven.minutes") == number


def test_the_nearest_name_is_none_if_nothing_comes_close():
    assert nearest("degree", ["degrees", "minutes"]) == "degrees"
    assert nearest("zzz", ["degrees", "minutes"]) is None
