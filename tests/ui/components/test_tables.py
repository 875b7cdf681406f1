import pandas as pd
import pytest

from ui.components import tables


@pytest.fixture
def frame():
    return pd.DataFrame({"Loss": [1.5, None], "Step": [2000, 10], "Name": ["1.5", "b"]})


def test_in_english_a_table_stays_what_it_is(frame):
    assert tables.in_language(frame, {"Loss": ".4f"}) is frame
    assert tables.column_format("%.4f") == "%.4f"


def test_in_another_language_numbers_are_written_and_stay_numbers(frame, speak):
    speak("id")
    shown = tables.in_language(frame, {"Loss": ".4f", "Step": ",", "Gone": ",", "Name": str.upper})
    assert tables.column_format("%.4f") is None
    html = shown.to_html()
    for cell in ("1,5000", "2.000", "–", "1.5", "B"):
        assert f">{cell}<" in html
    assert list(shown.data["Step"]) == [2000, 10]
