import csv
import io
import time

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.wording import FORMULA
from ui.wording import age, as_csv, count, duration, glyph, loss, number, time_range


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (-5, "-5"),
        (999.4, "999"),
        (999.6, "1,000"),
        (1234, "1,230"),
        (999_499, "999,000"),
        (999_600, "1 million"),
        (-1_234_567, "-1.23 million"),
        (999_600_000, "1 billion"),
        (2.5e12, "2,500 billion"),
        (0.0001234, "0.000123"),
    ],
)
def test_number(value, words):
    assert number(value) == words


@given(st.floats(min_value=1e-4, max_value=1e12))
def test_a_number_is_within_half_a_percent_and_never_in_powers_of_ten(value):
    digits, _, word = number(value).replace(",", "").partition(" ")
    size = {"": 1, "million": 1e6, "billion": 1e9}[word]
    assert float(digits) * size == pytest.approx(value, rel=0.0051)
    assert "e" not in digits


def test_count_keeps_every_digit():
    assert count(1234567) == "1,234,567"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599.7, "1 h 0 min"),
        (86_399.9, "1 d 0 h"),
        (90_061, "1 d 1 h"),
    ],
)
def test_duration(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("fastest", "slowest", "words"),
    [
        (0.0, 0.2, "about 1 s"),
        (-1.0, 14.0, "1 to 15 s"),
        (59.9, 60.0, "55 s to 1 min"),
        (61, 62, "1 to 1.5 min"),
        (1234, 9000, "20 min to 2.5 h"),
        (3 * 3600, 90_000, "3 h to 1.5 d"),
        (86_400, 10 * 86_400, "1 to 10 d"),
    ],
)
def test_a_time_that_is_known_roughly_is_told_as_a_range_that_holds_it(fastest, slowest, words):
    assert time_range(fastest, slowest) == words


def test_age_is_told_from_now_and_never_from_the_future():
    assert age(time.time() - 80) == "1 min 20 s ago"
    assert age(time.time() + 80) == "0 s ago"


def test_loss_has_four_decimals_or_is_a_dash():
    assert loss(1.23456) == "1.2346"
    assert loss(0.0) == "0.0000"
    assert loss(None) == "–"


@pytest.mark.parametrize(
    ("token", "shown"),
    [
        ("\n", "↵"),
        ("\t", "⇥"),
        ("\r", "␍"),
        (" the", "␣the"),
        ("", "∅"),
        ("\x00", r"\x00"),
        ("\u200b", r"\u200b"),
        ("a\ufe0f", r"a\ufe0f"),
        ("\u3164", r"\u3164"),
        ("\xa0", r"\xa0"),
        ("ß", "ß"),
        ("<", "<"),
    ],
)
def test_glyph(token, shown):
    assert glyph(token) == shown


@given(st.text())
def test_a_glyph_can_always_be_seen(token):
    assert glyph(token)
    assert glyph(token).isprintable()
    assert " " not in glyph(token)


def test_no_token_is_a_formula_and_numbers_stay_numbers():
    tokens = ["=HYPERLINK(1)", "+1", "-", "@x", "\t=1", "the", ""]
    table = pd.DataFrame({"token": tokens, "bits": [-1.5] * len(tokens)})
    rows = list(csv.DictReader(io.StringIO(as_csv(table).decode())))
    assert [row["token"].replace("'", "") for row in rows] == tokens
    assert not [row for row in rows if row["token"].startswith(FORMULA)]
    assert {row["bits"] for row in rows} == {"-1.5"}


def test_no_name_of_a_column_is_a_formula():
    written = as_csv(pd.DataFrame({"token": ["a"], "= (3)": [0.5], "@": [1.0]})).decode()
    assert written.splitlines()[0] == '"token","\'= (3)","\'@"'


@pytest.mark.parametrize("within", ["\r", "\n", "\r\n", ";", ",", "\t", '"'])
def test_nothing_within_a_token_begins_a_cell(within):
    token = f'a{within}=1+1{within}"=2'
    for columns in (["token", "bits"], ["bits", "token", "other"]):  # first, or after others
        table = {"token": [token], "bits": [0.5], "other": [token]}
        written = as_csv(pd.DataFrame({name: table[name] for name in columns})).decode()
        for comma in ",;\t":
            rows = csv.reader(io.StringIO(written, newline=""), delimiter=comma)
            assert not [cell for row in rows for cell in row if cell.startswith(FORMULA)]
        [row] = csv.DictReader(io.StringIO(written, newline=""))
        assert row["token"].replace("'", "") == token
