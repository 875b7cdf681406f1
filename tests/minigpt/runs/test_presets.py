import json

import pytest

from minigpt.errors import ConfigurationError
from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS, preset_named


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_json(name):
    config = PRESETS[name].config
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_builds_the_model_of_its_rung(name):
    config = PRESETS[name].config
    model = build_model(config.model, vocabulary_size=65)
    assert model.context_length == config.model.context_length
    assert model.num_parameters > 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_and_where_it_comes_from(name):
    preset = PRESETS[name]
    assert preset.title
    *_, origin = preset.description.rstrip(".").split(". ")
    assert preset.description.endswith(".")
    assert any(source in origin for source in ("own", "lecture", "paper")), origin


def test_presets_are_found_by_name():
    assert preset_named("quick") is PRESETS["quick"]


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="quick, bigram") as refusal:
        preset_named("slow")
    assert refusal.value.field == "preset"
