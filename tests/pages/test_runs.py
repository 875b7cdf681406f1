from tests.ui.harness import links, made_run, said


def test_before_the_first_run_the_way_to_train_one_is_shown(visit):
    at = visit("runs")
    assert said(at.info) == ["Nothing has been trained here yet."]
    assert links(at) == {"Train one now": ("", "")}
    assert not at.dataframe
    assert not at.exception


def test_every_run_has_its_row(visit, gpt, bigram):
    table = visit("runs").dataframe[0].value.set_index("Name")
    assert set(table.index) == {"Tiny gpt", "Tiny bigram"}
    for run, name in ((gpt, "Tiny gpt"), (bigram, "Tiny bigram")):
        row = table.loc[name]
        assert row["Validation loss"] == run.read("exit")["best_validation_loss"]
        assert (row["Status"], row["Progress"]) == ("finished", 1.0)
        assert row["Text"] == "Sea and road"


def test_a_failed_and_a_damaged_run_have_rows_too(visit):
    made_run(name="failed", steps=(), end={"outcome": "failed", "reason": "disk"})
    damaged = made_run(name="damaged", steps=())
    (damaged.path / "state.json").write_text("{", encoding="utf-8")
    at = visit("runs")
    rows = at.dataframe[0].value
    assert dict(zip(rows["Name"], rows["Status"], strict=True)) == {
        "failed": "failed",
        "damaged": "finished",
    }
    assert not at.exception


def test_choosing_a_row_opens_its_run(visit, gpt, bigram):
    at = visit("runs")
    chosen = at.dataframe[0].value["Name"].iloc[1]
    at.session_state["run-table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    assert said(at.title) == [chosen]
    assert at.query_params["run"] in {gpt.id, bigram.id}
    assert not at.exception
