import dataclasses
import json

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.models.build import build_model
from minigpt.runs import presets
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


def test_gpt2_small_has_the_published_number_of_parameters():
    model = presets.GPT2_SMALL.model
    assert model.parameter_count(50_257) == 124_439_808


def test_with_the_biases_of_the_lecture_its_gpt_has_the_very_number_of_parameters():
    assert presets.LECTURE_GPT.model.parameter_count(65) == 210_432
    # There queries, keys and values have no bias, and all the rest has, the output too.
    biases = {"model.qkv_bias": False, "model.output_bias": True}
    config = presets.LECTURE_GPT.changed(biases)
    assert config.model.parameter_count(65) == 209_729
    with torch.device("meta"):
        assert build_model(config.model, vocabulary_size=65).num_parameters == 209_729


def test_the_large_gpt_has_the_shape_reported_with_its_loss():
    model = presets.GPT_LARGE.model
    shape = (model.context_length, model.width, model.num_heads, model.num_layers, model.dropout)
    assert shape == (256, 512, 8, 10, 0.2)


def test_the_lower_rungs_are_trained_alike():
    rungs = [
        presets.BIGRAM,
        presets.AVERAGING,
        presets.SINGLE_HEAD,
        presets.MULTI_HEAD,
        presets.TRANSFORMER,
    ]
    assert len({(rung.training, rung.seed, rung.model.context_length) for rung in rungs}) == 1
    assert [rung.rung for rung in rungs] == [
        "bigram",
        "averaging",
        "single_head",
        "multi_head",
        "transformer",
    ]


def test_plain_training_keeps_its_learning_rate_to_the_end():
    training = presets.plain_training(
        steps=10, batch_size=1, learning_rate=1e-3, evaluation_interval=5
    )
    assert (training.schedule, training.warmup_steps) == ("constant", 0)


def test_a_gpt_with_rotary_positions_needs_an_even_number_of_channels_per_head():
    with pytest.raises(ConfigurationError, match="even number per head"):
        dataclasses.replace(presets.NGRAM.model, width=12)
