import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.runs.config import RunConfig

BASE = RunConfig()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def compared(**changed):
    configs = {"base": BASE} | {name: BASE.changed(change) for name, change in changed.items()}
    return differing_settings({name: config.to_dict() for name, config in configs.items()})


def rows(comparison):
    return {one.setting: dict(one.values) for one in comparison.differences}


def test_equal_settings_are_left_out():
    found = compared(longer={"training.steps": 5}, wider={"model.width": 128})
    assert rows(found) == {
        "model.width": {"base": 64, "longer": 64, "wider": 128},
        "training.steps": {"base": BASE.training.steps, "longer": 5, "wider": BASE.training.steps},
    }


def test_runs_alike_differ_in_nothing():
    assert compared(same={}).is_empty
    assert not compared(same={}).is_seed_only
    assert differing_settings({}).is_empty


def test_a_seed_alone_is_noticed():
    assert compared(other={"seed": 3}).is_seed_only
    assert not compared(other={"seed": 3, "training.steps": 2}).is_seed_only


def test_a_setting_that_one_model_lacks_is_none_there():
    found = rows(compared(bigram={"model.rung": "bigram"}))
    assert found["model.rung"] == {"base": "gpt", "bigram": "bigram"}
    assert found["model.width"] == {"base": 64, "bigram": None}


def test_a_setting_that_an_older_file_lacks_counts_with_its_default():
    old = BASE.to_dict()
    del old["training"]["optimizer"]
    del old["compute"]
    assert differing_settings({"old": old, "new": BASE.to_dict()}).is_empty


def test_another_text_of_the_same_name_is_told_by_its_checksum():
    found = compared(
        one={"corpus.sha256": "a" * 64},
        two={"corpus.sha256": "b" * 64},
    )
    assert rows(found) == {"corpus": {"base": None, "one": "a" * 8, "two": "b" * 8}}


def test_the_checksum_is_not_shown_where_the_name_says_it_or_nobody_took_it():
    assert compared(one={"corpus.sha256": "a" * 64}).is_empty
    other = compared(one={"corpus.sha256": "a" * 64, "corpus.name": "sentences"})
    assert list(rows(other)) == ["corpus.name"]


@pytest.mark.parametrize("damaged", [{}, {"model": 3}, {"training": {"steps": [1, 2]}}])
def test_a_damaged_file_is_compared_as_far_as_it_can_be_read(damaged):
    found = rows(differing_settings({"good": BASE.to_dict(), "bad": damaged}))
    assert all(set(values) == {"good", "bad"} for values in found.values())


@given(st.dictionaries(st.sampled_from(["model", "training", "seed", "x"]), JSON))
def test_no_file_is_too_damaged(damaged):
    same = differing_settings({"one": damaged, "two": damaged})
    assert same.is_empty
