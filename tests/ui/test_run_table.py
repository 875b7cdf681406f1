import math

from tests.ui.harness import DONE, made_run
from ui.run_table import table
from ui.services import runs


def test_a_row_says_what_the_run_is_and_how_it_stands():
    made_run(name="Mine", steps=(), state=DONE | {"step": 5})
    row = table(runs()).iloc[0].to_dict()
    assert row.pop("Started").endswith(" s ago")
    assert row == {
        "Name": "Mine",
        "Status": "finished",
        "Progress": 0.25,
        "Validation loss": 2.5,
        "Model": "gpt",
        "Parameters": "7,000",
        "Text": "Tiny Shakespeare",
    }


def test_rows_are_in_the_order_of_the_runs():
    for name in ("first", "second", "third"):
        made_run(name=name, steps=())
    assert table(runs())["Name"].tolist() == ["third", "second", "first"]


def test_what_is_not_known_yet_is_left_empty():
    made_run(steps=(), state=None, end=None)
    row = table(runs()).iloc[0]
    assert row["Status"] == "starting"
    assert row["Progress"] == 0.0
    assert row["Parameters"] == ""
    assert row["Validation loss"] is None or math.isnan(row["Validation loss"])


def test_a_damaged_run_still_has_its_row():
    run = made_run(steps=())
    (run.path / "config.json").write_text("{", encoding="utf-8")
    row = table(runs()).iloc[0]
    assert (row["Model"], row["Progress"]) == ("?", 0.0)


def show():
    import streamlit as st

    from ui.run_table import run_table
    from ui.services import runs

    st.session_state["chosen"] = run_table(runs())


def test_no_row_is_chosen_at_first_and_a_chosen_one_names_its_run(draw):
    older = made_run(name="older", steps=())
    made_run(name="newer", steps=())
    at = draw(show)
    assert at.session_state["chosen"] is None
    at.session_state["run-table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    assert at.session_state["chosen"] == older.id
    assert not at.exception
