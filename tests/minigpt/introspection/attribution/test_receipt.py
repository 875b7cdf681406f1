import dataclasses

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.ablation import heads_shape, with_heads
from minigpt.introspection.attribution.receipt import receipt, require_receipt
from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model

MOST_APART = 1e-4
TOKEN, OTHER = 3, 11


def taken_apart(model, tokens, *, position=6, against=None):
    seen = trace(model, tokens)
    return receipt(model, tokens, seen, position=position, token=TOKEN, against=against)


@pytest.mark.parametrize("position", [0, 3, 7])
@pytest.mark.parametrize("against", [None, OTHER])
def test_the_shares_add_up_to_the_logit(exact_model, random_tokens, position, against):
    tokens = random_tokens(1)
    found = taken_apart(exact_model, tokens, position=position, against=against)
    logits = exact_model(tokens)[0, position].detach()
    expected = logits[TOKEN] - (0 if against is None else logits[against])
    assert abs(found.logit - expected) < MOST_APART
    assert abs(found.total - expected) < MOST_APART
    assert abs(found.difference) < MOST_APART


def test_the_shares_of_one_token_are_the_pushes_of_the_vectors(exact_model, random_tokens):
    found = taken_apart(exact_model, random_tokens(1))
    pushes = found.read.pushes(found.vectors)[:, TOKEN]
    torch.testing.assert_close(
        pushes[:-1].double(), found.shares[:-1], atol=MOST_APART, rtol=MOST_APART
    )
    assert found.shares[-1] == found.read.offset[TOKEN]


def test_every_head_and_every_table_has_a_line(exact_model, random_tokens):
    found = taken_apart(exact_model, random_tokens(1))
    kinds = [part.kind for part in found.parts]
    layers, heads = heads_shape(exact_model)
    replaced = layers and "token" not in kinds  # attention took the stream's place
    assert kinds.count("head") == (heads if replaced else layers * heads)
    if not replaced:
        expected = list(exact_model.embed_parts(random_tokens(1)))
        assert kinds[: len(expected)] == expected
    assert kinds[-1] == "offset"
    assert len(set(found.parts)) == len(found.parts)


def test_the_tables_of_n_grams_have_a_line_of_their_own(build_tiny, random_tokens):
    config = GPTConfig(context_length=8, width=16, num_layers=2, num_heads=2, ngram_order=3)
    model = build_tiny(config)
    with torch.no_grad():
        model.ngram_embedding.weight.normal_()
    found = taken_apart(model, random_tokens(1))
    [line] = [index for index, part in enumerate(found.parts) if part.kind == "ngrams"]
    looked_up = model.ngram_embedding(random_tokens(1))[0, 6]
    torch.testing.assert_close(found.vectors[line], looked_up)
    assert abs(found.shares[line]) > 0.01


def test_what_comes_later_in_the_text_changes_no_line(exact_model, random_tokens):
    whole = taken_apart(exact_model, random_tokens(1), position=4)
    start = taken_apart(exact_model, random_tokens(1)[:, :5], position=4)
    torch.testing.assert_close(whole.shares, start.shares, atol=MOST_APART, rtol=MOST_APART)


def test_a_silent_head_contributes_nothing(exact_model, random_tokens):
    shape = heads_shape(exact_model)
    if not shape[0]:
        pytest.skip("has no heads")
    mask = torch.ones(shape)
    mask[-1, 0] = 0
    found = taken_apart(with_heads(exact_model, mask), random_tokens(1))
    [line] = [
        index
        for index, part in enumerate(found.parts)
        if (part.layer, part.head) == (shape[0] - 1, 0)
    ]
    assert found.shares[line] == 0
    assert abs(found.difference) < MOST_APART


def test_a_post_norm_model_is_refused_with_the_reason(variant, build_tiny, random_tokens):
    if getattr(variant, "norm_position", None) is None:
        pytest.skip("has no choice")
    post = build_tiny(dataclasses.replace(variant, norm_position="post"))
    with pytest.raises(ConfigurationError, match="rescales what earlier ones added") as refused:
        require_receipt(post)
    assert refused.value.field == "model.norm_position"
    with pytest.raises(ConfigurationError, match="post-norm"):
        taken_apart(post, random_tokens(1))


def test_a_trained_model_is_taken_apart_at_every_position():
    opened = open_model(RunStore(PROJECT_FOLDER / "checkpoints").open("demo-shakespeare"))
    tokens = torch.tensor([opened.tokenizer.encode("ROMEO: I have a question, queen")])
    seen = trace(opened.model, tokens)
    for position in range(tokens.shape[1]):
        for token in (0, 20, 64):
            found = receipt(opened.model, tokens, seen, position=position, token=token)
            assert abs(found.difference) < MOST_APART
