import pytest

from minigpt.models.anatomy import anatomy
from minigpt.models.configs import GPTConfig
from minigpt.models.layers.block import AttentionOnly, PostNormBlock, PreNormBlock
from tests.conftest import TINY_VOCABULARY

WAYS = {PreNormBlock: "added", PostNormBlock: "normalised", AttentionOnly: "replaced"}


@pytest.fixture
def body(variant):
    return anatomy(variant, TINY_VOCABULARY)


def test_every_parameter_of_the_model_is_in_one_piece(body, variant_model):
    named = {name: tuple(value.shape) for name, value in variant_model.named_parameters()}
    found = [(name, shape) for piece in body.pieces for name, shape in piece.shapes.items()]
    assert dict(found) == named
    assert len(found) == len(named)
    assert sum(piece.parameters for piece in body.pieces) == variant_model.num_parameters


def test_blocks_are_those_of_the_model(body, variant_model):
    blocks = list(variant_model.attention_blocks())
    assert len(body.blocks) == len(blocks)
    for pieces, block in zip(body.blocks, blocks, strict=True):
        [attention] = [piece for piece in pieces if piece.kind == "attention"]
        assert attention.heads == block.attention.num_heads
        kinds = {piece.kind for piece in pieces}
        assert kinds == {
            kind
            for kind in ("attention_norm", "attention", "feed_forward_norm", "feed_forward")
            if hasattr(block, kind)
        }
        assert body.way == WAYS[type(block)]


def test_what_the_stream_begins_with_is_what_embed_adds_up(body, variant_model, random_tokens):
    parts = variant_model.embed_parts(random_tokens())
    assert {piece.kind for piece in body.start} == set(parts)
    assert next(iter(parts.values())).shape[-1] == body.width


def test_a_shared_table_is_said_to_be_shared():
    *_, output = anatomy(GPTConfig(), 65).end
    assert (output.shared, output.parameters) == (True, 0)
    *_, output = anatomy(GPTConfig(tied_embeddings=False), 65).end
    assert (output.shared, output.parameters) == (False, 65 * 64)
