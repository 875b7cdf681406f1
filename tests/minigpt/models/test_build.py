import dataclasses

import torch

from minigpt.models import LADDER
from minigpt.models.build import build_model, build_unfilled


def test_a_configuration_builds_the_class_of_its_rung(rung, tiny_config):
    config = tiny_config(rung)
    model = build_model(config, vocabulary_size=24)
    module, _, name = LADDER[rung].model.partition(":")
    assert (type(model).__module__, type(model).__name__) == (module, name)
    assert model.config == config
    assert model.vocabulary_size == 24
    assert model.context_length == config.context_length


def test_weights_follow_from_the_global_seed(rung, tiny_config):
    def weights(seed):
        torch.manual_seed(seed)
        model = build_model(tiny_config(rung), vocabulary_size=24)
        return torch.cat([parameter.flatten() for parameter in model.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_a_longer_context_is_kept(rung, tiny_config):
    longer = dataclasses.replace(tiny_config(rung), context_length=13)
    model = build_model(longer, vocabulary_size=24)
    assert model(torch.zeros(1, 13, dtype=torch.long)).shape == (1, 13, 24)


def test_one_for_stored_weights_draws_nothing_and_becomes_the_same_model(rung, tiny_config):
    config, tokens = tiny_config(rung), torch.arange(8)[None]
    stored = build_model(config, vocabulary_size=24).eval()
    before = torch.get_rng_state()
    filled = build_unfilled(config, vocabulary_size=24).eval()
    assert torch.equal(torch.get_rng_state(), before)
    filled.load_state_dict(stored.state_dict())
    assert torch.equal(filled(tokens), stored(tokens))
