import io

from minigpt.runs.store import RunStore
from minigpt.runs.transfer.archive import write_archive
from tests.ui.harness import chart, links, made_run, plain, said
from ui.screens.runs.table import ICON, TABLE


def rows(at):
    table = at.dataframe[0].value
    names = [name.removeprefix(f"{ICON} ") for [name] in table["Name"]]
    return table.assign(Name=names).set_index("Name")


def test_before_the_first_run_the_way_to_train_one_is_shown(visit):
    at = visit("runs")
    assert said(at.info) == ["Nothing has been trained here yet."]
    assert links(at) == {"Train one now": ("", "")}
    assert len(at.file_uploader) == 1  # or to bring one
    assert not at.dataframe
    assert not at.exception


def test_every_run_has_its_row(visit, gpt, bigram):
    table = rows(visit("runs"))
    assert set(table.index) == {"Tiny gpt", "Tiny bigram"}
    for run, name in ((gpt, "Tiny gpt"), (bigram, "Tiny bigram")):
        row = table.loc[name]
        assert row["Loss"] == run.read("exit")["best_validation_loss"]
        assert row["Status"] == "finished"
        assert row["Text"] == "Sea and road"


def test_a_failed_and_a_damaged_run_have_rows_too(visit):
    made_run(name="failed", steps=(), end={"outcome": "failed", "reason": "disk"})
    damaged = made_run(name="damaged", steps=())
    (damaged.path / "state.json").write_text("{", encoding="utf-8")
    at = visit("runs")
    assert rows(at)["Status"].to_dict() == {"failed": "failed", "damaged": "finished"}
    assert not at.exception


def test_a_search_is_in_the_address(visit, gpt, bigram):
    at = visit("runs", q="bigram SEA")
    assert list(rows(at).index) == ["Tiny bigram"]
    at.text_input(key="url-q").set_value("tiny").run()
    assert set(rows(at).index) == {"Tiny gpt", "Tiny bigram"}
    assert at.query_params["q"] in ("tiny", ["tiny"])


def test_a_search_without_a_result_says_so(visit, gpt):
    at = visit("runs", q="whale")
    assert said(at.info) == ["No run has all of these words."]
    assert not at.exception


def test_two_ticked_runs_are_drawn_together_with_what_differs(visit, gpt, bigram):
    at = visit("runs", runs=f"{gpt.id},{bigram.id}")
    assert len(at.session_state[TABLE]["selection"]["rows"]) == 2
    assert [one["name"] for one in chart(at, "overlay")["series"]] == ["Tiny gpt", "Tiny bigram"]
    differences = at.dataframe[1].value.set_index("Setting")
    assert differences.loc["rung (model)"].tolist() == ["gpt", "bigram"]
    assert "steps (training)" not in differences.index
    assert not at.exception


def test_a_hidden_run_stays_ticked(visit, gpt, bigram):
    at = visit("runs", runs=f"{gpt.id},{bigram.id}", q="bigram")
    assert at.session_state[TABLE]["selection"]["rows"] == [0]
    assert len(chart(at, "overlay")["series"]) == 2


def test_runs_that_are_gone_are_not_missed(visit, gpt):
    at = visit("runs", runs="gone,../evil")
    assert not at.error
    assert not at.exception


def test_the_leaderboard_ranks_all_runs_on_a_text(visit, gpt, bigram):
    at = visit("runs", view="rank")
    table = at.dataframe[1].value
    assert set(table["Run"]) == {"Tiny gpt", "Tiny bigram"}
    assert len(at.select_slider) == 1
    assert not at.exception


def test_a_ticked_run_can_be_renamed(visit, gpt):
    at = visit("runs", runs=gpt.id)
    at.text_input(key=f"name-{gpt.id}").set_value("Renamed")
    at.text_input(key=f"tags-{gpt.id}").set_value("best")
    next(button for button in at.button if button.label == "Save").click()
    at.run()
    assert list(rows(at).index) == ["Renamed"]
    assert rows(at)["Tags"].tolist() == [["best"]]


def test_deleting_asks_and_says_what_is_lost(visit, gpt):
    at = visit("runs", runs=gpt.id)
    at.button(key="delete-chosen").click().run()
    assert any(
        "Tiny gpt" in plain(words) and "goes with all" in words for words in said(at.markdown)
    )
    assert RunStore.default().open(gpt.id).exists
    assert not at.exception


def test_a_run_is_brought_from_a_file(visit, gpt):
    file = io.BytesIO()
    write_archive(gpt, file)
    RunStore.default().delete(gpt.id)
    at = visit("runs")
    at.file_uploader[0].upload("run.zip", file.getvalue(), "application/zip")
    at.text_input(key="import-name").set_value("Back again")
    at.run()
    at.button(key="import").click().run()
    [back] = RunStore.default().all()
    assert RunStore.default().summarise(back).name == "Back again"
    assert said(at.title) == ["Back again"]
    assert not at.exception
