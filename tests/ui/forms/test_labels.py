import dataclasses
import typing

import pytest

from minigpt.configuration import field_help
from minigpt.models import LADDER
from minigpt.runs.config import CorpusConfig, LoggingConfig, TokenizerConfig
from minigpt.sampling.distribution import SamplingConfig
from minigpt.training.config import ComputeConfig, TrainingConfig
from ui.forms.labels import CHOICES, LABELS, choice, field_names, label, meaning_of_zero

SHOWN = [rung.config for rung in LADDER.values()]
SHOWN += [TrainingConfig, ComputeConfig, LoggingConfig, CorpusConfig]
FIELDS = {field.name for kind in SHOWN for field in dataclasses.fields(kind)}
EXPLAINED = [rung.config for rung in LADDER.values()]
EXPLAINED += [ComputeConfig, LoggingConfig, SamplingConfig, TokenizerConfig, TrainingConfig]


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


@pytest.mark.parametrize("kind", EXPLAINED)
def test_every_field_people_see_is_explained_in_a_sentence(kind):
    texts = field_help(kind)
    assert list(texts) == field_names(kind)
    for text in texts.values():
        assert text[0].isupper()
        assert text.endswith(".")


def test_help_is_the_string_beneath_the_field():
    assert field_help(SamplingConfig)["top_k"] == (
        "Only this many of the likeliest tokens may be drawn; 0 means all."
    )


def test_longer_help_loses_its_indentation_and_silent_fields_have_none():
    @dataclasses.dataclass
    class Example:
        spoken: int = 1
        """One line
        and another."""
        silent: int = 2
        counted: int = 3
        "Quoted once."

    assert field_help(Example) == {"spoken": "One line\nand another.", "counted": "Quoted once."}
    assert field_names(Example) == ["spoken", "silent", "counted"]


def test_only_dataclasses_have_fields():
    with pytest.raises(TypeError, match="not a dataclass"):
        field_names(int)


def test_a_help_text_can_say_what_zero_stands_for():
    assert meaning_of_zero("Time it may take; 0 means no limit.") == "0 means no limit."
    assert meaning_of_zero("0 means never. Else a number.") == "0 means never."
    assert meaning_of_zero("Lasts for 10 means of transport.") == ""
    assert meaning_of_zero("Updates of the weights.") == ""


@pytest.mark.parametrize("name", ["patience", "epochs", "minutes", "gradient_clip"])
def test_what_is_off_at_zero_says_so(name):
    assert meaning_of_zero(field_help(TrainingConfig)[name])
