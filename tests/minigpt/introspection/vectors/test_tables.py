import pytest
import torch
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.introspection.vectors.tables import output_vectors, token_vectors
from tests.conftest import TINY_VOCABULARY

TOKENS = torch.arange(TINY_VOCABULARY)[:, None]


def test_a_token_is_read_as_its_row_on_every_rung(tiny_model):
    with torch.inference_mode():
        read = tiny_model.embed_parts(TOKENS)["token"][:, 0]
    assert torch.equal(token_vectors(tiny_model), read)


def test_one_table_for_both_is_said_to_be_one(tiny_config, build_tiny):
    assert output_vectors(build_tiny(tiny_config("gpt"))) is None
    assert output_vectors(build_tiny(tiny_config("bigram"))) is None


def test_logits_are_dot_products_with_the_output_vectors(tiny_config, build_tiny):
    model = build_tiny(tiny_config("single_head"))
    stream = torch.randn(1, 3, model.config.width)
    with torch.inference_mode():
        found = functional.linear(stream, output_vectors(model), model.output.bias)
        torch.testing.assert_close(found, model.unembed(stream))


def test_a_model_without_such_a_table_is_refused_in_words(tiny_config, build_tiny):
    model = build_tiny(tiny_config("bigram"))
    model.table = None
    with pytest.raises(ConfigurationError, match="no table of token vectors"):
        token_vectors(model)
