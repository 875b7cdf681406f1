from itertools import product

import pytest
import torch

import minigpt.sampling.gpt_step as gpt_steps
from minigpt.introspection.ablation import with_heads
from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.sampling.decoder import Decoder, window_start
from minigpt.sampling.gpt_step import gpt_step
from minigpt.sampling.linear_maps import ROWS

ACTIVATIONS = ("gelu", "gelu_exact", "relu", "relu_squared", "swiglu")
SCORES = ("scaled_dot", "dot", "cosine")
LAYOUTS = list(
    product(("learned", "sinusoidal", "rotary", "none"), ("layer", "rms"), ("pre", "post"))
)


def made(**options):
    sizes = {"context_length": 16, "width": 16, "num_layers": 2, "num_heads": 2} | options
    model = build_model(GPTConfig(**sizes), vocabulary_size=24).eval()
    with torch.no_grad():  # biases and n-grams begin at zero, where leaving them out goes unseen
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return model


def options_of(number):
    """Every layout, each with other choices of what has no bearing on it."""
    position, norm, norm_position = LAYOUTS[number % len(LAYOUTS)]
    return {
        "position": position,
        "norm": norm,
        "norm_position": norm_position,
        "activation": ACTIVATIONS[number % 5],
        "attention_score": SCORES[number % 3],
        "query_key_norm": number % 2 == 0,
        "tied_embeddings": number % 4 < 2,
        "bias": number % 7 > 0,
        "qkv_bias": number % 5 > 0,
        "output_bias": number % 3 > 0,
        "ngram_order": 1 + number % 4,
        "ngram_rows": 50,
    }


def let(monkeypatch, maps):
    """Have small models computed as models of another size are."""
    monkeypatch.setattr(gpt_steps, "PACKED_WIDTH", 1 if maps == "packed" else 1000)
    monkeypatch.setattr(gpt_steps, "MOST_COPIED", 0 if maps == "plain" else 10**9)


@pytest.mark.parametrize(
    ("number", "maps"),
    [
        (number, maps)
        for number in range(2 * len(LAYOUTS))
        # Which maps there are has no bearing on the layout: every third is enough for the rare one.
        for maps in ("packed", "grouped", "plain")
        if maps != "plain" or number % 3 == 0
    ],
)
def test_scores_are_those_of_the_model(number, maps, monkeypatch):
    let(monkeypatch, maps)
    model, texts = made(**options_of(number)), [[1, 2, 3], [4] * 9, [5]]
    decoder = Decoder(model)
    for text in texts:
        decoder.add(text)
    for token in (7, 11, 3):
        scores = decoder.advance([token] * len(texts))
        assert decoder._gpt_step is not None
        for text, found in zip(texts, scores, strict=True):
            text.append(token)
            expected = model(torch.tensor([text]))[0, -1].detach()
            torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)


@pytest.fixture(params=[1, 2])
def threads(request):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize("others", [1, 3, 29])
def test_a_text_alone_gets_the_same_bits_as_among_others_where_matrices_are_large(others):
    # The last map has more than 1,024 inputs, from where on oneDNN splits the sums of one row.
    model = made(width=320, num_heads=5, num_layers=1, context_length=80)
    alone, many = Decoder(model), Decoder(model)
    alone.add([1, 2, 3])
    many.add([1, 2, 3])
    for other in range(others):
        many.add([other % 24] * (1 + 7 * other % 70))
    for step in range(30):
        found = many.advance([step % 24] * len(many))[0]
        assert torch.equal(alone.advance([step % 24])[0], found)


@pytest.mark.usefixtures("threads")
@pytest.mark.parametrize(
    "sizes",
    [
        {"width": 128, "num_heads": 4, "activation": "swiglu", "position": "rotary"},
        {"width": 192, "num_heads": 6},  # of its matrices some are multiplied in parts
    ],
)
def test_so_it_does_where_they_are_small_among_any_number_of_others(sizes):
    model = made(num_layers=1, context_length=80, **sizes)
    alone, many = Decoder(model), Decoder(model)
    alone.add([1, 2, 3])
    many.add([1, 2, 3])
    for step in range(33):
        found = many.advance([step % 24] * len(many))[0]
        assert torch.equal(alone.advance([step % 24])[0], found)
        many.add([step % 24] * (1 + 7 * step % 70))


@pytest.mark.parametrize("maps", ["packed", "grouped"])
def test_texts_may_come_and_go_between_steps(maps, monkeypatch):
    let(monkeypatch, maps)
    model = made()
    decoder, texts = Decoder(model), [[1, 2, 3], [4] * 9, [5]]
    for text in texts:
        decoder.add(text)
    for step in range(16):  # and some outgrow the context
        if step % 5 == 2:
            decoder.drop(1)
            texts[1:] = texts[2:][-1:] + texts[2:-1]
        if step % 5 == 3:
            texts.append(texts[0] + [6])  # as long as the one that left would be, by and by
            decoder.add(texts[-1])
        if step % 5 == 4:
            texts = [[*texts[-1]], [*texts[0]], [*texts[-1]]]
            decoder.choose([len(decoder) - 1, 0, len(decoder) - 1])
        scores = decoder.advance([step] * len(texts))
        for text, found in zip(texts, scores, strict=True):
            text.append(step)
            window = text[window_start(len(text), model.context_length) :]
            expected = model(torch.tensor([window]))[0, -1].detach()
            torch.testing.assert_close(found, expected, atol=2e-5, rtol=1e-4)


def test_only_a_gpt_at_rest_with_single_numbers_has_a_step():
    assert gpt_step(made()) is not None
    assert gpt_step(made().train()) is None
    assert gpt_step(made().double()) is None
    assert gpt_step(build_model(BigramConfig(), vocabulary_size=24).eval()) is None


def test_a_model_with_a_silent_head_writes_without_it():
    model, mask = made(), torch.ones(2, 2)
    mask[1, 0] = 0
    silenced = with_heads(model, mask)
    assert gpt_step(silenced) is None
    decoder = Decoder(silenced)
    decoder.add([1, 2, 3])
    expected = silenced(torch.tensor([[1, 2, 3, 4]]))[0, -1].detach()
    torch.testing.assert_close(decoder.advance([4])[0], expected, atol=2e-5, rtol=1e-4)
    assert not torch.allclose(expected, model(torch.tensor([[1, 2, 3, 4]]))[0, -1], atol=1e-4)


def refuse(*_):
    raise RuntimeError("not here")


@pytest.mark.parametrize("missing", ["packed_map", "fewest_rows"])
def test_without_packed_products_it_computes_in_fours(missing, monkeypatch):
    monkeypatch.setattr(gpt_steps, missing, refuse if missing == "packed_map" else lambda *_: None)
    step = gpt_step(made(width=256, num_heads=4))
    assert step is not None
    assert step.fewest == ROWS
    assert [step.rows_for(texts) for texts in (1, 4, 5)] == [4, 4, 8]


@pytest.mark.parametrize(
    ("name", "value", "makes"),
    [
        ("MOST_COPIED", 100, "plain_map"),
        ("is_equal_in_every_place", lambda *_: False, "plain_map"),
        ("PACKED_WIDTH", 1000, "grouped_map"),
    ],
)
def test_matrices_are_multiplied_as_their_model_and_the_library_allow(
    name, value, makes, monkeypatch
):
    asked = []
    for maker in ("plain_map", "grouped_map"):
        real = getattr(gpt_steps, maker)
        monkeypatch.setattr(
            gpt_steps, maker, lambda *of, real=real, maker=maker: asked.append(maker) or real(*of)
        )
    monkeypatch.setattr(gpt_steps, name, value)
    assert gpt_step(made()) is not None
    assert set(asked) == {makes}


@pytest.mark.parametrize("maps", ["packed", "grouped"])  # whose copies would be the old ones
def test_a_model_that_learns_on_is_read_anew(maps, monkeypatch):
    let(monkeypatch, maps)
    model = made()
    decoder = Decoder(model)
    decoder.add([1, 2])
    decoder.advance([3])
    decoder.drop(0)
    with torch.no_grad():
        model.blocks[0].feed_forward.narrow.weight.add_(1.0)
    decoder.add([1, 2])
    expected = model(torch.tensor([[1, 2, 3]]))[0, -1].detach()
    torch.testing.assert_close(decoder.advance([3])[0], expected, atol=2e-5, rtol=1e-4)
