import dataclasses
import typing

import pytest

from minigpt.models import LADDER
from minigpt.runs.config import LoggingConfig
from minigpt.training.config import ComputeConfig, TrainingConfig
from ui.forms.labels import CHOICES, LABELS, choice, label

SHOWN = [*(rung.config for rung in LADDER.values()), TrainingConfig, ComputeConfig, LoggingConfig]
FIELDS = {field.name for kind in SHOWN for field in dataclasses.fields(kind)}


def test_labels_read_like_words():
    assert label("num_heads") == "Heads"
    assert label("context_length") == "Context length"
    assert LABELS.keys() <= FIELDS


def test_no_two_fields_of_a_form_are_called_the_same():
    for kind in SHOWN:
        names = [label(field.name) for field in dataclasses.fields(kind)]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", CHOICES)
def test_every_worded_choice_is_one_that_exists_and_no_two_read_the_same(name):
    known = {
        option
        for kind in SHOWN
        for field, hint in typing.get_type_hints(kind).items()
        if field == name
        for option in typing.get_args(hint)
    }
    assert CHOICES[name].keys() <= known
    assert len({choice(name, option) for option in known}) == len(known)


def test_a_choice_without_words_of_its_own_reads_as_it_is_written():
    assert choice("optimizer", "some_new_one") == "some new one"
