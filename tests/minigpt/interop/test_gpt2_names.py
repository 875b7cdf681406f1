import pytest
import torch

from minigpt.interop.gpt2 import gpt2_weights, with_prefix
from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT


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


def test_only_the_head_stands_alone():
    assert with_prefix("h.0.ln_1.bias") == "transformer.h.0.ln_1.bias"
    assert with_prefix("lm_head.weight") == "lm_head.weight"
