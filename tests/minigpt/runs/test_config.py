import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import ConfigurationError
from minigpt.models import LADDER
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.runs.config import LARGEST_SEED, LoggingConfig, RunConfig, StartConfig, TokenizerConfig
from minigpt.tokenizers import TOKENIZERS

# Plain values and no configurations: the run-time type checks draw random numbers of their own,
# which Hypothesis forbids inside a strategy.
assignments = st.fixed_dictionaries(
    {},
    optional={
        "corpus.name": st.text(),
        "corpus.sha256": st.text("0123456789abcdef"),
        "training.steps": st.integers(1, 10_000_000),
        "training.learning_rate": st.floats(1e-8, 10.0),
        "logging.checkpoints": st.integers(2, 200),
        "logging.sample_tokens": st.integers(0, 2000),
        "seed": st.integers(0, LARGEST_SEED),
    },
)
shapes = st.one_of(
    st.fixed_dictionaries({"model.rung": st.sampled_from(list(LADDER))}),
    st.fixed_dictionaries(
        {
            "model.rung": st.just("gpt"),
            "model.width": st.integers(1, 100).map(lambda number: 8 * number),
            "model.dropout": st.floats(0, 0.9),
            "model.position": st.sampled_from(["learned", "sinusoidal", "rotary", "none"]),
            "model.bias": st.booleans(),
            "model.qkv_bias": st.booleans(),
            "model.output_bias": st.booleans(),
        }
    ),
)
tokenizers = st.one_of(
    st.fixed_dictionaries({"tokenizer.kind": st.sampled_from(list(TOKENIZERS))}),
    st.fixed_dictionaries(
        {
            "tokenizer.kind": st.just("bpe"),
            "tokenizer.vocabulary_size": st.none() | st.integers(2, 1_000_000),
        }
    ),
)


@given(assignments, shapes, tokenizers)
def test_a_configuration_survives_json(general, shape, tokenizer):
    config = RunConfig().changed({**general, **shape, **tokenizer})
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize("rung", LADDER)
def test_every_rung_can_be_asked_for_by_name(rung):
    config = RunConfig().changed({"model.rung": rung})
    assert config.rung == rung
    assert type(config.model) is LADDER[rung].config
    assert RunConfig.from_dict(config.to_dict()) == config


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.sampled_from(["corpus", "tokenizer", "model", "training", "logging", "seed", "version"]),
)
def test_whatever_stands_in_a_section_is_taken_or_refused_but_never_crashes(value, section):
    try:
        config = RunConfig.from_dict({section: value})
    except ConfigurationError:
        return
    assert RunConfig.from_dict(config.to_dict()) == config


def test_an_empty_object_means_the_defaults():
    assert RunConfig.from_dict({}) == RunConfig()


@pytest.mark.parametrize("values", [{"model": {"rung": []}}, {"model": {"rung": "lstm"}}])
def test_an_unknown_rung_is_refused(values):
    with pytest.raises(ConfigurationError) as refusal:
        RunConfig.from_dict(values)
    assert refusal.value.field == "model.rung"


def test_another_version_is_refused_by_its_number():
    with pytest.raises(ConfigurationError, match="has version 99"):
        RunConfig.from_dict({"version": 99})


def test_an_unknown_section_is_refused_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="corpus, tokenizer, model") as refusal:
        RunConfig.from_dict({"optimizer": {}})
    assert refusal.value.field == "optimizer"


def test_an_unknown_field_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigurationError, match=r"Did you mean training\.steps\?") as refusal:
        RunConfig.from_dict({"training": {"step": 1}})
    assert refusal.value.field == "training.step"


@pytest.mark.parametrize("section", ["corpus", "tokenizer", "model", "training", "logging"])
@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_a_section_that_is_no_object_is_refused(section, value):
    with pytest.raises(ConfigurationError) as refusal:
        RunConfig.from_dict({section: value})
    assert refusal.value.field == section


def test_changed_replaces_settings_and_leaves_the_original_alone():
    before = RunConfig()
    after = before.changed({"training.steps": "7", "model.width": 32, "seed": "5"})
    assert (after.training.steps, after.seed) == (7, 5)
    assert after.model == dataclasses.replace(GPTConfig(), width=32)
    assert before == RunConfig()


def test_changed_rung_starts_from_its_own_defaults_whatever_the_order():
    wide = RunConfig().changed({"model.width": 128, "model.context_length": 16})
    assert wide.changed({"model.rung": "bigram"}).model == BigramConfig()
    both = wide.changed({"model.context_length": 4, "model.rung": "bigram"})
    assert both.model == BigramConfig(context_length=4)


def test_naming_the_same_rung_keeps_its_settings():
    wide = RunConfig().changed({"model.width": 128})
    assert wide.changed({"model.rung": "gpt"}) == wide


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("steps", r"Did you mean training\.steps\?"),
        ("trainig.steps", r"Did you mean training\.steps\?"),
        ("sed", r"Did you mean seed\?"),
        ("training", "Write it as section.field=value"),
        ("seed.x", "is not a setting"),
        ("version", "is not a setting"),
        ("version.x", "is not a setting"),
        ("", "is not a setting"),
        (".", "is not a setting"),
        ("training.", "is not a setting"),
    ],
)
def test_a_path_that_is_no_setting_is_refused_with_a_hint(path, hint):
    with pytest.raises(ConfigurationError, match=hint) as refusal:
        RunConfig().changed({path: 1})
    assert refusal.value.field == path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training.steps", "many"),
        ("training.steps", 0),
        ("model.width", 63),
        ("model.position", "nowhere"),
        ("model.rung", None),
        ("tokenizer.kind", "syllable"),
        ("tokenizer.vocabulary_size", 100),
        ("logging.checkpoints", 1),
        ("logging.sample_tokens", -1),
        ("seed", -1),
        ("seed", 2**53),
    ],
)
def test_a_value_that_cannot_work_is_refused_beside_its_field(path, value):
    with pytest.raises(ConfigurationError) as refusal:
        RunConfig().changed({path: value})
    assert refusal.value.field == path


@pytest.mark.parametrize("size", [1, 0, -5, 1_000_001])
def test_a_vocabulary_of_an_impossible_size_is_refused(size):
    with pytest.raises(ConfigurationError, match="vocabulary size is"):
        TokenizerConfig(kind="bpe", vocabulary_size=size)


def test_a_start_from_another_run_names_it_and_a_fresh_one_names_none():
    assert StartConfig(kind="fork", run="a", step=3).run == "a"
    for wrong in ({"kind": "fork"}, {"kind": "fresh", "run": "a"}):
        with pytest.raises(ConfigurationError, match="together, or neither") as refusal:
            StartConfig(**wrong)
        assert refusal.value.field == "start.run"


def test_what_is_written_down_has_limits():
    with pytest.raises(ConfigurationError, match="must lie between 2 and 200"):
        LoggingConfig(checkpoints=1)
