import math
import shlex

import pytest

from minigpt.cli import requested_config
from minigpt.cli_arguments import build_parser
from minigpt.corpora import load_corpus
from minigpt.runs.presets import PRESETS
from minigpt.tokenizers import TOKENIZERS
from tests.ui.harness import SMALL_TEXT, said
from ui.model_services import parameter_count
from ui.text_services import trained_tokenizer
from ui.wording import number

CHANGES = [
    {},
    {"training.steps": 123, "training.learning_rate": 3.3e-4, "seed": 5},
    {"tokenizer.kind": "word"},
    {"tokenizer.kind": "bpe", "tokenizer.vocabulary_size": 280},
]
WITHOUT_DOWNLOAD = [
    name
    for name, preset in PRESETS.items()
    if not TOKENIZERS[preset.config.tokenizer.kind].is_pretrained
]


def show(preset, changes):
    from minigpt.runs.presets import PRESETS
    from ui import services
    from ui.launch_box import describe

    config = PRESETS[preset].config.changed(changes)
    describe(preset, config, services.corpus("tiny-shakespeare"))


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("preset", WITHOUT_DOWNLOAD)
def test_the_command_shown_means_the_same_run(draw, preset, changes):
    at = draw(show, preset=preset, changes=changes)
    words = shlex.split(at.code[0].value)
    assert words[:4] == ["python", "-m", "minigpt", "train"]
    config = requested_config(build_parser().parse_args(words[3:]))
    assert config == PRESETS[preset].config.changed(changes)
    assert not at.exception


@pytest.mark.parametrize("changes", CHANGES)
def test_size_and_expected_loss_are_those_of_this_model_on_this_text(draw, changes):
    config = PRESETS["quick"].config.changed(changes)
    tokenizer = trained_tokenizer(
        config.tokenizer.kind, "tiny-shakespeare", config.tokenizer.vocabulary_size
    )
    at = draw(show, preset="quick", changes=changes)
    size = tokenizer.vocabulary_size
    assert at.metric[0].value == number(parameter_count(config, size))
    assert f"**{math.log(size):.4f}**" in at.caption[0].value
    seen = config.training.steps * config.training.batch_size * config.model.context_length
    tokens = len(tokenizer.encode(load_corpus("tiny-shakespeare").training_text))
    assert at.metric[1].value == f"{number(seen / tokens)} ×"
    assert not at.exception


def test_the_loss_to_expect_is_that_of_an_even_guess(draw):
    at = draw(show, preset="quick", changes={})
    kinds = len(set(SMALL_TEXT))
    assert f"{math.log(kinds):.4f}" in at.caption[0].value
    assert f"among {kinds} kinds of token" in at.caption[0].value
    assert "The same from a terminal:" in said(at.caption)
    assert not at.exception
