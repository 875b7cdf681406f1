import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import ConfigurationError
from minigpt.validation import require_between, require_choice

numbers = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)


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
    code = "import sys, minigpt.validation; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
