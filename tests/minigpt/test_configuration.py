import math
import subprocess
import sys
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.configuration import build_section, coerce, nearest, require_between, require_choice
from minigpt.errors import ConfigurationError

numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)


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


@given(numbers, numbers, numbers)
def test_a_number_passes_exactly_where_it_lies_between_the_ends(value, one, other):
    smallest, largest = sorted((one, other))
    try:
        require_between("oven.degrees", value, smallest, largest)
    except ConfigurationError:
        assert value < smallest or value > largest
    else:
        assert smallest <= value <= largest


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_lies_between_none(value):
    with pytest.raises(ConfigurationError, match=f"is {value}; it must lie between"):
        require_between("oven.degrees", value, -1e300, 1e300)


def test_the_message_names_the_setting_its_value_and_its_limits():
    with pytest.raises(ConfigurationError) as refusal:
        require_between("oven.gas_mark", 0, 1, 9)
    assert refusal.value.message == "gas mark is 0; it must lie between 1 and 9."
    assert refusal.value.field == "oven.gas_mark"


def test_a_setting_without_a_section_and_one_with_a_name_of_its_own_are_named_too():
    with pytest.raises(ConfigurationError, match=r"^seed is -1; ") as refusal:
        require_between("seed", -1, 0, 9)
    assert refusal.value.field == "seed"
    with pytest.raises(ConfigurationError, match=r"^gas-mark is 0; ") as refusal:
        require_between("oven.gas_mark", 0, 1, 9, called="gas-mark")
    assert refusal.value.field == "oven.gas_mark"


@pytest.mark.parametrize(
    ("smallest", "largest", "words"),
    [
        (1, 10_000_000, "between 1 and 10,000,000"),
        (0.0, 1e6, "between 0 and 1,000,000"),
        (0.0, 0.9999, "between 0 and 0.9999"),
        (1e-8, 1e7, "between 1e-08 and 10,000,000"),
        (0, 2**53 - 1, "between 0 and 9,007,199,254,740,991"),
    ],
)
def test_limits_are_written_for_people(smallest, largest, words):
    with pytest.raises(ConfigurationError, match=f"lie {words}\\.$"):
        require_between("oven.degrees", -1, smallest, largest)


def test_a_choice_passes_and_anything_else_is_answered_with_all_of_them():
    for rack in ("top", "middle"):
        require_choice("oven.rack_place", rack, ("top", "middle"))
    with pytest.raises(ConfigurationError) as refusal:
        require_choice("oven.rack_place", "bottom", ("top", "middle"))
    assert refusal.value.message == "rack place is 'bottom'; choose one of top, middle."
    assert refusal.value.field == "oven.rack_place"


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.configuration; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("written", "value"), [("0,001", 0.001), ("-2,5", -2.5), ("1,25e-3", 0.00125), ("7", 7.0)]
)
def test_a_decimal_comma_is_a_decimal_point(written, value):
    assert coerce(written, float, "training.learning_rate") == value


@pytest.mark.parametrize("kind", [int, float])
@pytest.mark.parametrize("written", ["1,000", "12,500", "1,000,000"])
def test_a_comma_that_may_part_thousands_is_refused_with_the_way_out(written, kind):
    with pytest.raises(ConfigurationError, match=f"such as {written.replace(',', '')}") as refused:
        coerce(written, kind, "training.steps")
    assert written in refused.value.message


def test_a_point_that_may_part_thousands_makes_no_whole_number():
    with pytest.raises(ConfigurationError, match="such as 1000"):
        coerce("1.000", int, "training.steps")
    assert coerce("1.0", int, "training.steps") == 1
    assert coerce("1.000", float, "training.epochs") == 1.0
