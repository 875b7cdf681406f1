import json

import pytest
import torch

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
    with torch.device("meta"):  # the larger ones would take gigabytes
        model = build_model(config.model, vocabulary_size=65)
    assert model.context_length == config.model.context_length
    assert model.num_parameters > 0


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_it_is_and_where_it_comes_from(name):
    preset = PRESETS[name]
    assert preset.title
    assert preset.description.endswith(".")
    origin = preset.description.removesuffix(".").replace("et al. ", "et al ").rsplit(". ", 1)[-1]
    assert any(source in origin for source in ("own", "lecture", "TinyGPT", "et al ")), origin


def test_presets_are_found_by_name():
    assert preset_named("quick") is PRESETS["quick"]


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ConfigurationError, match=", ".join(PRESETS)) as refusal:
        preset_named("slow")
    assert refusal.value.field == "preset"
