import shlex

import pytest

from minigpt.cli.equivalent import (
    derived_command,
    equivalent_command,
)
from minigpt.cli.main import requested_config
from minigpt.cli.parser import build_parser
from minigpt.errors import ConfigurationError
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS, differences, nearest_preset


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"seed": 7},
        {"corpus.name": "sentences", "training.learning_rate": 0.5},
        {"model.rung": "bigram", "model.context_length": 4},
        {"model.rung": "gpt", "model.bias": False, "model.position": "none"},
        {"tokenizer.kind": "bpe", "tokenizer.vocabulary_size": 300},
    ],
)
def test_the_command_means_the_same_configuration(preset, changes):
    config = PRESETS[preset].config.changed(changes)
    words = shlex.split(equivalent_command(preset, config))
    assert words[:3] == ["python", "-m", "minigpt"]
    assert requested_config(build_parser().parse_args(words[3:])) == config


def test_the_command_says_only_what_the_preset_does_not():
    config = PRESETS["quick"].config.changed({"training.steps": 5})
    command = equivalent_command("quick", config)
    assert command.endswith("--preset quick --corpus tiny-shakespeare --set training.steps=5")


def test_a_size_taken_back_to_its_default_can_be_said():
    sized = RunConfig().changed({"tokenizer.kind": "bpe", "tokenizer.vocabulary_size": 300})
    changes = differences(sized, sized.changed({"tokenizer.vocabulary_size": None}))
    assert changes == {"tokenizer.vocabulary_size": None}
    words = {path: str(value) for path, value in changes.items()}
    assert sized.changed(words).tokenizer.vocabulary_size is None


def test_an_unknown_preset_is_refused():
    with pytest.raises(ConfigurationError):
        equivalent_command("slow", RunConfig())


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("fork", "fork a-run --step 5 --seed 9 --set training.steps=77"),
        (
            "fine_tune",
            "finetune a-run --step 5 --corpus sentences --seed 9 --set training.steps=77",
        ),
    ],
)
def test_a_run_with_weights_of_another_is_described_by_what_it_has_otherwise(kind, expected):
    source = RunConfig()
    changes = {"training.steps": 77, "seed": 9, "corpus.name": "sentences"}
    start = {"start.kind": kind, "start.run": "a-run", "start.step": 5}
    command = derived_command(source, source.changed({**changes, **start}))
    words = sorted(command.removeprefix("python -m minigpt ").split())
    assert words == sorted(expected.split())
    assert command.startswith(f"python -m minigpt {expected[:20]}")


def test_what_a_run_begins_with_is_no_difference():
    start = {"start.kind": "fork", "start.run": "a-run", "start.step": 5}
    assert differences(RunConfig(), RunConfig().changed(start)) == {}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_nearest_preset_is_the_one_with_the_fewest_differences(preset):
    config = PRESETS[preset].config.changed({"training.steps": 3})
    nearest = PRESETS[nearest_preset(config)].config
    assert len(differences(nearest, config)) <= len(differences(PRESETS[preset].config, config))
