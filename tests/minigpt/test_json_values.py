import math

import pytest

from minigpt import json_values

VALUES = {
    "text": "hello",
    "empty": "",
    "whole": 3,
    "fraction": 2.5,
    "float that is whole": 4.0,
    "truth": True,
    "nothing": None,
    "list": [1],
    "object": {"a": 1},
    "nan": math.nan,
    "infinity": math.inf,
    "huge": 10**400,
}


@pytest.mark.parametrize("name", [*VALUES, "absent"])
def test_only_text_counts_as_text(name):
    assert json_values.text(VALUES, name) == ("hello" if name == "text" else None)


@pytest.mark.parametrize("name", [*VALUES, "absent"])
def test_only_a_finite_number_counts_as_a_number(name):
    expected = {"whole": 3.0, "fraction": 2.5, "float that is whole": 4.0}
    assert json_values.number(VALUES, name) == expected.get(name)


@pytest.mark.parametrize("name", [*VALUES, "absent"])
def test_only_a_whole_number_counts_as_whole(name):
    expected = {"whole": 3, "float that is whole": 4}
    assert json_values.whole(VALUES, name) == expected.get(name)


@pytest.mark.parametrize("name", [*VALUES, "absent"])
def test_only_an_object_counts_as_a_section(name):
    assert json_values.section(VALUES, name) == ({"a": 1} if name == "object" else {})
