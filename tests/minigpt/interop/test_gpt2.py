import dataclasses
import json

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.interop.gpt2 import (
    DROPOUTS,
    EXPRESSIBLE,
    SIZES,
    config_from_gpt2,
    config_to_gpt2,
    dropout_note,
    gpt2_weights,
    with_prefix,
)
from minigpt.models.configs import GPTConfig
from minigpt.models.configs.gpt import CHOICES
from minigpt.models.ladder.gpt import GPT

TRIED = {**CHOICES, "ngram_order": (1, 2)}
GPT2_SMALL = {
    # As the first release's config.json has it; fields that came later are absent.
    "activation_function": "gelu_new",
    "architectures": ["GPT2LMHeadModel"],
    "attn_pdrop": 0.1,
    "bos_token_id": 50256,
    "embd_pdrop": 0.1,
    "eos_token_id": 50256,
    "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-05,
    "model_type": "gpt2",
    "n_ctx": 1024,
    "n_embd": 768,
    "n_head": 12,
    "n_layer": 12,
    "n_positions": 1024,
    "resid_pdrop": 0.1,
    "summary_type": "cls_index",
    "vocab_size": 50257,
}


def test_gpt2_small_is_read():
    config, vocabulary_size = config_from_gpt2(GPT2_SMALL)
    assert vocabulary_size == 50_257
    assert config == GPTConfig(
        context_length=1024, width=768, num_layers=12, num_heads=12, dropout=0.1
    )


@pytest.mark.parametrize("activation", ["gelu", "gelu_exact", "relu"])
@pytest.mark.parametrize("tied", [True, False])
def test_what_is_written_can_be_read(activation, tied):
    config = GPTConfig(dropout=0.5, activation=activation, tied_embeddings=tied)
    written = json.loads(json.dumps(config_to_gpt2(config, vocabulary_size=7)))
    assert config_from_gpt2(written) == (config, 7)


def test_every_option_is_written_or_checked():
    handled = {*EXPRESSIBLE, *SIZES, "dropout", "tied_embeddings", "zero_projections", "ngram_rows"}
    assert handled == {field.name for field in dataclasses.fields(GPTConfig)}


def test_every_option_that_differs_is_named_with_what_it_would_have_to_be():
    config = GPTConfig(
        position="rotary",
        norm="rms",
        query_key_norm=True,
        bias=False,
        qkv_bias=False,
        output_bias=True,
    )
    with pytest.raises(ConfigurationError) as caught:
        config_to_gpt2(config, vocabulary_size=7)
    for part in (
        "position is 'rotary' and would have to be 'learned'",
        "norm is 'rms' and would have to be 'layer'",
        "query_key_norm is True and would have to be False",
        "bias is False and would have to be True",
        "qkv_bias is False and would have to be True",
        "output_bias is True and would have to be False",
    ):
        assert part in caught.value.message
    assert "activation" not in caught.value.message


@pytest.mark.parametrize(
    ("name", "choice"),
    [(name, choice) for name in EXPRESSIBLE for choice in TRIED.get(name, (True, False))],
)
def test_each_choice_is_written_or_refused(name, choice):
    config = dataclasses.replace(GPTConfig(), **{name: choice})
    if choice in EXPRESSIBLE[name]:
        assert config_to_gpt2(config, vocabulary_size=7)["model_type"] == "gpt2"
    else:
        with pytest.raises(ConfigurationError, match=f"{name} is {choice!r}"):
            config_to_gpt2(config, vocabulary_size=7)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model_type", "llama"),
        ("model_type", None),
        ("activation_function", "silu"),
        ("activation_function", ["relu"]),
        ("n_inner", 100),
        ("n_inner", "3072"),
        ("layer_norm_epsilon", 1e-6),
        ("scale_attn_weights", False),
        ("scale_attn_by_inverse_layer_idx", True),
        ("add_cross_attention", True),
        ("tie_word_embeddings", "yes"),
        ("quantization_config", {"bits": 4}),
        ("n_embd", None),
        ("n_embd", 768.0),
        ("n_embd", 100),
        ("n_embd", 10**30),
        ("n_layer", True),
        ("n_layer", 0),
        ("n_layer", 97),
        ("n_head", -12),
        ("n_head", 7),
        ("n_positions", 16_384),
        ("n_positions", "1024"),
        ("vocab_size", 2_000_000),
        ("vocab_size", []),
        ("resid_pdrop", 1.2),
        ("embd_pdrop", "0.1"),
        ("attn_pdrop", float("nan")),
    ],
)
def test_what_cannot_be_built_is_named(name, value):
    # A width that no twelve heads can share is the width's fault, whichever was changed.
    named = "n_embd" if name == "n_head" and value == 7 else name
    with pytest.raises(ConfigurationError) as caught:
        config_from_gpt2({**GPT2_SMALL, name: value})
    assert named in caught.value.message


@pytest.mark.parametrize("share", [1.01, -0.1, 10**400, -(10**400), float("nan"), None, "x"])
def test_a_dropout_that_is_no_share_is_refused(share):
    with pytest.raises(ConfigurationError, match="resid_pdrop"):
        config_from_gpt2({**GPT2_SMALL, **dict.fromkeys(DROPOUTS, share)})


@pytest.mark.parametrize("size", [*SIZES.values(), "vocab_size"])
def test_a_missing_size_is_named(size):
    with pytest.raises(ConfigurationError, match=f"{size} in config.json is None"):
        config_from_gpt2({name: value for name, value in GPT2_SMALL.items() if name != size})


@pytest.mark.parametrize(
    "harmless",
    [
        {"n_inner": None},
        {"n_inner": 3072},
        {"reorder_and_upcast_attn": True},
        {"quantization_config": None},
        {"use_cache": False},
        {"something": "new"},
    ],
)
def test_what_changes_no_result_is_accepted(harmless):
    assert config_from_gpt2({**GPT2_SMALL, **harmless}) == config_from_gpt2(GPT2_SMALL)


@pytest.mark.parametrize("tied", [True, False])
def test_every_weight_of_a_model_has_exactly_one_name_there(tied):
    config = GPTConfig(num_layers=3, tied_embeddings=tied)
    with torch.device("meta"):
        model = GPT(config, vocabulary_size=7)
    weights = gpt2_weights(config)
    assert sorted(weight.ours for weight in weights) == sorted(model.state_dict())
    assert len({weight.theirs for weight in weights}) == len(weights)


def test_names_and_shapes_are_those_of_transformers(transformers):
    config = GPTConfig(num_layers=2, tied_embeddings=False)
    sizes = {"n_positions": 64, "n_embd": 64, "n_layer": 2, "n_head": 4, "vocab_size": 300}
    with torch.device("meta"):
        ours = GPT(config, vocabulary_size=300).state_dict()
        theirs = transformers.GPT2LMHeadModel(
            transformers.GPT2Config(**sizes, tie_word_embeddings=False, bos_token_id=0)
        ).state_dict()
    named = {
        with_prefix(weight.theirs): ours[weight.ours].T.shape
        if weight.is_transposed
        else ours[weight.ours].shape
        for weight in gpt2_weights(config)
    }
    assert named == {name: tensor.shape for name, tensor in theirs.items()}


def test_of_the_names_only_the_head_stands_alone():
    assert with_prefix("h.0.ln_1.bias") == "transformer.h.0.ln_1.bias"
    assert with_prefix("lm_head.weight") == "lm_head.weight"


@pytest.mark.parametrize(
    ("shares", "dropout"),
    [((0.1, 0.0, 0.3), 0.3), ((0.0, 0.2, 0.0), 0.2), ((1.0, 1.0, 1.0), 0.9), ((0, 0.95, 1), 0.9)],
)
def test_unlike_dropouts_become_the_largest_and_that_is_told(shares, dropout):
    values = {**GPT2_SMALL, **dict(zip(DROPOUTS, shares, strict=True))}
    assert config_from_gpt2(values)[0].dropout == dropout
    note = dropout_note(values)
    assert all(f"{name} {share}" in note for name, share in zip(DROPOUTS, shares, strict=True))
    assert f"so it is {dropout}" in note


def test_of_equal_dropouts_nothing_is_told():
    assert dropout_note(GPT2_SMALL) is None
    assert dropout_note({**GPT2_SMALL, **dict.fromkeys(DROPOUTS, 0.5)}) is None
