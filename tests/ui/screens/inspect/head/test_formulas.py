import pytest

from minigpt.models.configs import GPTConfig
from tests.ui.harness import made_run, said, save_weights, tiny_config
from ui.screens.inspect.head.formulas import attention_formula, joining_formula

SIZES = {"context_length": 8, "width": 16, "num_layers": 1, "num_heads": 2}


def attention(build_tiny, **options):
    return next(iter(build_tiny(GPTConfig(**SIZES, **options)).attention_blocks())).attention


def test_the_scaled_dot_product_is_written_as_in_the_paper(build_tiny):
    formula = attention_formula(attention(build_tiny))
    assert r"\frac{Q K^\top}{\sqrt{d_k}}" in formula
    assert "d_k = 8" in formula


def test_a_model_without_a_scale_has_none_in_its_formula(build_tiny):
    formula = attention_formula(attention(build_tiny, attention_score="dot"))
    assert r"Q K^\top +" in formula
    assert "frac" not in formula


def test_another_scale_is_called_one(build_tiny):
    formula = attention_formula(attention(build_tiny, attention_score="cosine"))
    assert r"\text{scale} \cdot Q K^\top" in formula


def test_the_heads_are_joined_as_many_as_there_are(build_tiny):
    assert r"\text{head}_{2}" in joining_formula(attention(build_tiny))


def one_head(run_id, step=20):
    from ui.screens.inspect.head.formulas import show_formulas
    from ui.services.models import trained_model

    block = next(iter(trained_model(run_id, step).model.attention_blocks()))
    show_formulas(block.attention)


@pytest.mark.parametrize(("rung", "count"), [("gpt", 2), ("single_head", 1)])
def test_what_is_joined_is_only_shown_where_heads_are(draw, rung, count):
    config = tiny_config()
    if rung != "gpt":
        config = config.changed({"model.rung": rung, "model.context_length": 16})
    at = draw(one_head, run_id=run_of(config))
    formulas = [one for one in said(at.latex) if "Attention" in one or "MultiHead" in one]
    assert len(formulas) == count
    assert not at.exception


def run_of(config):
    run = made_run(config=config, steps=())
    save_weights(run, config, [20])
    return run.id
