import dataclasses
import pkgutil

import pytest

from minigpt.errors import ConfigurationError
from minigpt.models import LADDER, ModelConfig, rung_named, rung_of
from minigpt.models.language_model import LanguageModel

LECTURE = ["bigram", "averaging", "single_head", "multi_head", "transformer", "gpt"]


def test_the_ladder_goes_from_weak_to_strong():
    assert [name for name in LADDER if name in LECTURE] == LECTURE


def test_every_configuration_belongs_to_one_rung():
    assert len({rung.config for rung in LADDER.values()}) == len(LADDER)
    assert all(issubclass(rung.config, ModelConfig) for rung in LADDER.values())
    assert all(rung_of(LADDER[name].config()) == name for name in LADDER)


def test_titles_differ():
    assert len({rung.title for rung in LADDER.values()}) == len(LADDER)


def test_a_lesson_is_two_sentences(rung):
    description = LADDER[rung].description
    assert description.endswith(".")
    assert description.count(". ") == 1
    assert 60 < len(description) < 320


def test_every_rung_names_a_language_model(rung):
    assert issubclass(pkgutil.resolve_name(LADDER[rung].model), LanguageModel)


def test_every_rung_has_a_context_and_defaults(rung):
    defaults = LADDER[rung].config()
    assert defaults.context_length >= 1
    assert rung_named(rung) is LADDER[rung]
    assert dataclasses.replace(defaults) == defaults


@pytest.mark.parametrize("name", ["", "GPT", "gpt ", None, 3, ["gpt"], {"gpt": 1}])
def test_an_unknown_rung_is_refused_with_those_there_are(name):
    with pytest.raises(ConfigurationError, match=f"Choose one of {', '.join(LADDER)}") as refusal:
        rung_named(name)
    assert refusal.value.field == "model.rung"
