import dataclasses
import math

import pytest
import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT
from minigpt.models.layers.block import PostNormBlock, PreNormBlock
from minigpt.models.layers.norms import LayerNorm

SMALL = {"context_length": 8, "width": 16, "num_layers": 2, "num_heads": 2}
VOCABULARY = 24


def build(**options):
    torch.manual_seed(0)
    return GPT(GPTConfig(**{**SMALL, **options}), vocabulary_size=VOCABULARY)


@pytest.mark.parametrize(
    ("context_length", "width", "num_layers", "num_heads", "vocabulary_size"),
    [(8, 16, 1, 1, 11), (16, 48, 3, 4, 65), (5, 32, 2, 8, 300)],
)
def test_with_its_defaults_it_is_gpt2(
    context_length, width, num_layers, num_heads, vocabulary_size
):
    torch.manual_seed(0)
    reference = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary_size,
            n_positions=context_length,
            n_embd=width,
            n_layer=num_layers,
            n_head=num_heads,
        )
    ).eval()
    for parameter in reference.parameters():
        nn.init.normal_(parameter, std=0.3)
    config = GPTConfig(
        context_length=context_length, width=width, num_layers=num_layers, num_heads=num_heads
    )
    model = GPT(config, vocabulary_size=vocabulary_size).eval()
    copy_weights(reference, model)
    tokens = torch.randint(vocabulary_size, (3, context_length))
    with torch.inference_mode():
        expected = reference(tokens).logits
        assert expected.std() > 0.5
        torch.testing.assert_close(model(tokens), expected, atol=1e-4, rtol=0)


def copy_weights(reference, model):
    """GPT-2 keeps the matrices of its blocks transposed, because it calls them convolutions."""
    source = reference.state_dict()
    copied = {
        "token_embedding.weight": source["transformer.wte.weight"],
        "position_embedding.weight": source["transformer.wpe.weight"],
        "final_norm.weight": source["transformer.ln_f.weight"],
        "final_norm.bias": source["transformer.ln_f.bias"],
    }
    for layer in range(len(model.blocks)):
        for theirs, ours in PARTS.items():
            for kind in ("weight", "bias"):
                values = source[f"transformer.h.{layer}.{theirs}.{kind}"]
                copied[f"blocks.{layer}.{ours}.{kind}"] = values.T if values.dim() == 2 else values
    model.load_state_dict(copied)


PARTS = {
    "ln_1": "attention_norm",
    "attn.c_attn": "attention.query_key_value",
    "attn.c_proj": "attention.output",
    "ln_2": "feed_forward_norm",
    "mlp.c_fc": "feed_forward.widen",
    "mlp.c_proj": "feed_forward.narrow",
}


def test_the_small_gpt2_has_124_million_parameters():
    config = GPTConfig(context_length=1024, width=768, num_layers=12, num_heads=12)
    with torch.device("meta"):  # without memory for a single one of them
        assert GPT(config, vocabulary_size=50257).num_parameters == 124_439_808


def test_tied_embeddings_are_one_table():
    tied, untied = build(), build(tied_embeddings=False)
    assert untied.num_parameters - tied.num_parameters == VOCABULARY * SMALL["width"]
    residual = torch.randn(1, 3, SMALL["width"])
    expected = tied.final_norm(residual) @ tied.token_embedding.weight.T
    torch.testing.assert_close(tied.unembed(residual), expected)


def test_untied_embeddings_are_two():
    model = build(tied_embeddings=False)
    residual = torch.randn(1, 3, SMALL["width"])
    before = model.unembed(residual)
    nn.init.zeros_(model.token_embedding.weight)
    assert torch.equal(model.unembed(residual), before)


@pytest.mark.parametrize(
    ("norm_position", "kind", "final"),
    [("pre", PreNormBlock, LayerNorm), ("post", PostNormBlock, nn.Identity)],
)
def test_the_last_norm_belongs_to_norms_before_each_part(norm_position, kind, final):
    model = build(norm_position=norm_position)
    assert {type(block) for block in model.attention_blocks()} == {kind}
    assert type(model.final_norm) is final


def test_without_bias_there_is_no_offset():
    model = build(bias=False, tied_embeddings=False)
    assert [name for name, _ in model.named_parameters() if "bias" in name] == []


def test_queries_keys_and_values_may_go_without_where_the_rest_has_one():
    model = build(qkv_bias=False)
    attentions = [block.attention for block in model.attention_blocks()]
    assert all(attention.query_key_value.bias is None for attention in attentions)
    assert all(attention.output.bias is not None for attention in attentions)
    alone = build(bias=False, qkv_bias=True)
    assert [name for name, _ in alone.named_parameters() if "bias" in name] == []


@pytest.mark.parametrize("tied", [True, False])
def test_the_output_s_bias_is_a_number_for_each_token(tied):
    torch.manual_seed(0)
    plain = build(tied_embeddings=tied)
    torch.manual_seed(0)
    model = build(tied_embeddings=tied, output_bias=True)
    residual = torch.randn(1, 3, SMALL["width"])
    assert torch.equal(model.unembed(residual), plain.unembed(residual))  # it begins at zero
    offsets = torch.arange(float(VOCABULARY))
    model.output_bias.data = offsets
    torch.testing.assert_close(model.unembed(residual), plain.unembed(residual) + offsets)


@pytest.mark.parametrize(
    ("position", "tables"), [("learned", 1), ("sinusoidal", 0), ("rotary", 0), ("none", 0)]
)
def test_only_learned_positions_are_learned(position, tables):
    without = build(position="none").num_parameters
    table = SMALL["context_length"] * SMALL["width"]
    assert build(position=position).num_parameters == without + tables * table


@pytest.mark.parametrize("position", ["learned", "sinusoidal"])
def test_position_vectors_start_about_as_large_as_token_vectors(position):
    model = build(position=position)
    tokens = model.token_embedding.weight
    positions = model.position_embedding(SMALL["context_length"])
    assert 0.5 < positions.square().mean().sqrt() / tokens.square().mean().sqrt() < 2


@pytest.mark.parametrize("position", ["rotary", "none"])
def test_other_positions_add_nothing_to_the_stream(position):
    model = build(position=position)
    tokens = torch.tensor([[3, 3, 5]])
    assert torch.equal(model.embed(tokens)[0], model.token_embedding.weight[[3, 3, 5]])


def test_without_positions_equal_tokens_are_told_apart_by_nothing():
    tokens = torch.full((1, 8), 3)
    logits = build(position="none").eval()(tokens)
    torch.testing.assert_close(logits, logits[:, :1].expand_as(logits))
    logits = build(position="rotary").eval()(tokens)
    torch.testing.assert_close(logits, logits[:, :1].expand_as(logits))
    logits = build(position="learned").eval()(tokens)
    assert not torch.allclose(logits, logits[:, :1].expand_as(logits))


def test_weights_start_small_and_projections_into_the_stream_smaller():
    model = build(width=64, num_layers=8)
    attention = model.blocks[0].attention
    assert attention.query_key_value.weight.std().item() == pytest.approx(0.02, rel=0.1)
    assert model.token_embedding.weight.std().item() == pytest.approx(0.02, rel=0.1)
    for projection in (attention.output, model.blocks[7].feed_forward.narrow):
        assert projection.weight.std().item() == pytest.approx(0.02 / math.sqrt(16), rel=0.1)
    biases = [value for name, value in model.named_parameters() if name.endswith(".bias")]
    assert all((bias == 0).all() for bias in biases)


@pytest.mark.parametrize(
    ("score", "scale"),
    [("scaled_dot", 1 / math.sqrt(8)), ("dot", 1.0), ("cosine", math.sqrt(8))],
)
def test_each_score_has_its_scale(score, scale):
    model = build(attention_score=score)
    scales = [block.attention.scale for block in model.attention_blocks()]
    assert scales == pytest.approx([scale, scale])


def test_cosine_scores_compare_directions_only():
    (block, _) = build(attention_score="cosine").attention_blocks()
    residual = torch.randn(1, 4, SMALL["width"])
    queries, keys, _ = block.attention.project_heads(residual)
    cosines = block.attention.scores(queries, keys) / block.attention.scale
    torch.testing.assert_close(queries.norm(dim=-1), torch.ones(1, 2, 4))
    assert cosines.abs().max() <= 1 + 1e-6


def test_query_key_norm_brings_both_to_size():
    (block, _) = build(query_key_norm=True).attention_blocks()
    queries, keys, values = block.attention.project_heads(torch.randn(1, 4, SMALL["width"]))
    ones = torch.ones(1, 2, 4)
    for vectors in (queries, keys):
        torch.testing.assert_close(vectors.square().mean(-1), ones, atol=1e-3, rtol=0)
    assert not torch.allclose(values.square().mean(-1), ones)


def test_rotary_scores_depend_on_the_distance():
    (block, _) = build(position="rotary").attention_blocks()
    same = torch.randn(1, 1, SMALL["width"]).expand(1, 8, SMALL["width"])
    queries, keys, _ = block.attention.project_heads(same)
    scores = block.attention.scores(queries, keys)[0, 0]
    torch.testing.assert_close(scores.diagonal(-2), scores[2, 0].expand(6), atol=1e-6, rtol=1e-4)
    assert not torch.allclose(scores[7, 0], scores[7, 7])


def test_dropout_acts_in_training_mode_only(random_tokens):
    model = build(dropout=0.5)
    tokens = random_tokens()
    assert not torch.equal(model.train()(tokens), model(tokens))
    assert torch.equal(model.eval()(tokens), build(dropout=0.0)(tokens))


def test_dropout_acts_at_every_place_it_does_in_gpt2():
    model = build(dropout=0.5)
    places = [name for name, part in model.named_modules() if isinstance(part, nn.Dropout)]
    assert set(places) == {
        *(f"blocks.{layer}.attention.output_dropout" for layer in (0, 1)),
        *(f"blocks.{layer}.feed_forward.dropout" for layer in (0, 1)),
        "embedding_dropout",
    }
    assert {block.attention.dropout for block in model.attention_blocks()} == {0.5}


def test_with_zero_projections_blocks_begin_by_adding_nothing(build_tiny, random_tokens):
    config = GPTConfig(
        context_length=8, width=16, num_layers=2, num_heads=2, bias=False, zero_projections=True
    )
    model = build_tiny(config)
    residual = model.embed(random_tokens())
    for block in model.blocks:
        assert torch.equal(block(residual), residual)
    changed = build_tiny(dataclasses.replace(config, zero_projections=False))
    assert not torch.equal(changed.blocks[0](residual), residual)
