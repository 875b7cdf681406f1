import pytest

from minigpt.runs.labels import set_labels
from minigpt.runs.presets import PRESETS
from tests.ui.harness import made_run
from ui.screens.runs.table import matching
from ui.services.runs import all_runs

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
    assert [run.name for run in matching(all_runs(), "several heads", TITLES)] == ["Rung"]


def found(three, query):
    return [run.name for run in matching(three, query, TITLES)]


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
