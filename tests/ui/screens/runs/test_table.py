import io
import json
import math

import pandas as pd
import pytest

from minigpt.runs.labels import set_labels
from minigpt.runs.presets import PRESETS
from minigpt.wording import FORMULA
from tests.ui.harness import DONE, made_run, plain, tiny_config
from ui.screens.runs.table import (
    ICON,
    NARROWEST_NAME,
    TABLE,
    WIDEST_NAME,
    matching_runs,
    name_pixels,
    opened_run,
    runs_csv,
    table,
)
from ui.services.runs import all_runs, forget_run


def row(place=0):
    return table(all_runs()).iloc[place].to_dict()


def names():
    return [name.removeprefix(f"{ICON} ") for [name] in table(all_runs())["Name"]]


def test_a_row_says_what_the_run_is_and_how_it_stands():
    made_run(name="Mine", steps=(), state=DONE | {"step": 5})
    found = row()
    age = pd.Timestamp.now(tz="UTC") - found.pop("Started")
    assert pd.Timedelta(0) <= age < pd.Timedelta(minutes=5)
    assert found.pop("Bits") == pytest.approx(2.5 / math.log(2))
    assert found == {
        "Name": [f"{ICON} Mine"],
        "Loss": 2.5,
        "Verdict": "could learn more",
        "Last": 2.5,
        "Status": "finished",
        "Model": "GPT",
        "Parameters": 7000,
        "Text": "Tiny Shakespeare",
        "Speed": 160.0,  # 5 steps of 4 x 16 tokens in 2 seconds
    }


def test_a_run_that_trains_says_how_far_it_is():
    run = made_run(steps=(), state=DONE | {"phase": "training", "step": 5}, end=None)
    run.write("launch", {"at": 0.0})
    with run.lock():
        assert plain(row()["Status"]) == "25 % done"


def test_what_a_phone_has_room_for_comes_first():
    made_run(steps=())
    assert list(table(all_runs()).columns)[:3] == ["Name", "Loss", "Verdict"]


def test_rows_are_in_the_order_of_the_runs():
    for name in ("first", "second", "third"):
        made_run(name=name, steps=())
    assert names() == ["third", "second", "first"]


def test_tags_have_a_column_once_there_are_any():
    run = made_run(steps=())
    assert "Tags" not in row()
    set_labels(run, tags=["one", "two"])
    forget_run(run.id)
    assert row()["Tags"] == ["one", "two"]


def test_what_is_not_known_yet_is_left_empty():
    made_run(steps=(), state=None, end=None)
    found = row()
    assert found["Status"] == "starting"
    for name in ("Loss", "Bits", "Parameters", "Speed"):
        assert found[name] is None or math.isnan(found[name])


def test_bits_of_longer_tokens_need_a_measure():
    config = tiny_config(tokenizer__kind="bpe")
    made_run(name="none", steps=(), config=config)
    made_run(name="two", steps=(), config=config, state=DONE | {"characters_per_token": 2.0})
    bits = table(all_runs())["Bits"].tolist()
    assert bits[0] == pytest.approx(2.5 / math.log(2) / 2)
    assert math.isnan(bits[1])


@pytest.mark.parametrize("created", ["soon", 1e300, -1e300, None])
def test_a_damaged_run_still_has_its_row(created):
    run = made_run(name="Damaged", steps=())
    (run.path / "config.json").write_text("{", encoding="utf-8")
    run.write("meta", {"name": "Damaged", "created_at": created})
    found = row()
    assert found["Model"] == "?"
    assert pd.isna(found["Started"])


def test_a_name_in_square_brackets_stays_one_name():
    made_run(name='["a", "b"]', steps=())
    assert names() == ['["a", "b"]']


def test_a_click_on_a_name_opens_its_run_and_a_click_beyond_the_table_none():
    assert opened_run({"row": 1, "label": "x"}, ["a", "b"]) == "b"
    assert opened_run({"row": 2, "label": "x"}, ["a", "b"]) is None
    assert opened_run(None, ["a", "b"]) is None


def show():
    from ui.screens.runs.table import run_table
    from ui.services.runs import all_runs

    run_table(all_runs(), [run.id for run in all_runs()])


def ticked(at):
    return at.session_state[TABLE]["selection"]["rows"]


def test_rows_are_ticked_as_the_address_says(draw):
    older = made_run(name="older", steps=())
    made_run(name="newer", steps=())
    assert ticked(draw(show)) == []
    at = draw(show, query={"runs": f"gone,{older.id}"})
    assert ticked(at) == [1]
    assert not at.exception


def test_ticks_stay_with_their_runs_when_a_new_one_appears(draw):
    older = made_run(name="older", steps=())
    at = draw(show, query={"runs": older.id})
    assert ticked(at) == [0]
    forget_run(made_run(name="newer", steps=()).id)
    assert ticked(at.run()) == [1]


def test_the_column_of_names_has_room_for_the_longest_name(draw):
    long = "GPT with rotary positions on Tiny Shakespeare"
    for name in ("short", long):
        made_run(name=name, steps=())
    columns = json.loads(draw(show).dataframe[0].proto.columns)
    assert columns["Name"]["width"] == name_pixels([long]) > NARROWEST_NAME


def test_no_verdict_and_no_model_is_cut_in_the_middle(draw):
    made_run(config=PRESETS["multi-head"].config, steps=())
    frame = draw(show).dataframe[0]
    columns = json.loads(frame.proto.columns)
    for name in ("Verdict", "Model", "Text"):
        letters = max(len(said) for said in frame.value[name])
        assert columns[name]["width"] >= 7 * letters + 16, name


def test_names_are_given_more_room_the_wider_they_are_within_limits():
    assert name_pixels([]) == name_pixels(["short"]) == NARROWEST_NAME
    small, capital, wide = (name_pixels([letter * 30]) for letter in ("a", "A", "字"))
    assert NARROWEST_NAME < small < capital < wide < WIDEST_NAME
    assert name_pixels(["x" * 1000]) == WIDEST_NAME
    assert name_pixels(["a" * 10, "a" * 40]) == name_pixels(["a" * 40])


TITLES = {"tiny-shakespeare": "Tiny Shakespeare"}


@pytest.fixture
def three():
    made_run(name="Blue whale", steps=())
    red = made_run(name="Red fox", steps=(), end={"outcome": "failed", "reason": "disk"})
    set_labels(red, tags=["homework"], note="Too hot,\nI think")
    made_run(name="Red panda", steps=())
    return all_runs()


def test_a_model_is_found_by_the_name_that_the_table_shows():
    made_run(name="Rung", config=PRESETS["multi-head"].config, steps=())
    assert [run.name for run in matching_runs(all_runs(), "several heads", TITLES)] == ["Rung"]


def found(three, query):
    return [run.name for run in matching_runs(three, query, TITLES)]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Red panda", "Red fox", "Blue whale"]),
        ("  ", ["Red panda", "Red fox", "Blue whale"]),
        ("red", ["Red panda", "Red fox"]),
        ("RED PAN", ["Red panda"]),
        ("pan red", ["Red panda"]),
        ("homework", ["Red fox"]),
        ("think hot", ["Red fox"]),
        ("failed", ["Red fox"]),
        ("gpt finished", ["Red panda", "Blue whale"]),
        ("shakespeare", ["Red panda", "Red fox", "Blue whale"]),
        ("red whale", []),
        ("[", []),
    ],
)
def test_every_word_has_to_occur_somewhere(three, query, names):
    assert found(three, query) == names


def test_words_do_not_run_from_one_part_into_the_next(three):
    assert found(three, "foxtiny") == []


def test_an_id_finds_its_run(three):
    assert found(three, three[1].id) == [three[1].name]


@pytest.mark.parametrize("name", ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)"])
def test_no_name_or_tag_is_a_formula_in_the_file(name):
    run = made_run(name=name, steps=())
    set_labels(run, tags=["=HYPERLINK(1)", "b"], note="")
    found = pd.read_csv(io.BytesIO(runs_csv(all_runs())), keep_default_na=False)
    assert found["Name"].tolist() == [f"'{name}"]
    assert found["Tags"].str[0].tolist() == ["'"]
    texts = found.select_dtypes(exclude="number").to_numpy().ravel().tolist()
    assert not [cell for cell in texts if str(cell).startswith(FORMULA)]


def test_the_file_holds_what_the_table_shows():
    made_run(name="Plain", steps=(), state=DONE)
    found = pd.read_csv(io.BytesIO(runs_csv(all_runs())))
    assert found["Name"].tolist() == ["Plain"]
    assert found["Loss"].tolist() == [2.5]
