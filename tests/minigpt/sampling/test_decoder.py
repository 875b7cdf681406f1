import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.sampling.decoder import Decoder, window_start
from minigpt.sampling.key_value_cache import kept_bytes

TEXTS = [[1], [2, 3], [4] * 7, [5, 6, 7] * 10, [9, 8, 7, 6, 5], [0]]
STEPS = 20


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def next_tokens(count, step):
    return [(7 * step + 5 * text) % 24 for text in range(count)]


def judged_by(tokens, context_length):
    return tokens[window_start(len(tokens), context_length) :]


def assert_equals_recomputation(model):
    decoder = Decoder(model)
    first = [decoder.add(text) for text in TEXTS]
    drawn = [[] for _ in TEXTS]
    scores = torch.stack(first)
    for step in range(STEPS):
        for index, text in enumerate(TEXTS):
            window = torch.tensor([judged_by(text + drawn[index], model.context_length)])
            torch.testing.assert_close(
                scores[index], model(window)[0, -1].detach(), atol=2e-5, rtol=1e-4
            )
        for tokens, token in zip(drawn, next_tokens(len(TEXTS), step), strict=True):
            tokens.append(token)
        scores = decoder.advance(next_tokens(len(TEXTS), step))


def test_scores_equal_those_of_the_whole_text_read_anew(tiny_model):
    assert_equals_recomputation(tiny_model)


def test_so_they_do_with_every_option(variant_model):
    assert_equals_recomputation(variant_model)


def assert_alone_equals_among_others(model):
    many, alone = Decoder(model), [Decoder(model) for _ in TEXTS]
    together = [many.add(text) for text in TEXTS]
    for decoder, text, among in zip(alone, TEXTS, together, strict=True):
        assert torch.equal(decoder.add(text), among)
    for step in range(STEPS):
        tokens = next_tokens(len(TEXTS), step)
        scores = many.advance(tokens)
        for index, decoder in enumerate(alone):
            assert torch.equal(decoder.advance([tokens[index]])[0], scores[index])


def test_a_text_alone_gets_the_same_bits_as_among_others(tiny_model):
    assert_alone_equals_among_others(tiny_model)


def test_so_it_does_with_every_option(variant_model):
    assert_alone_equals_among_others(variant_model)


@pytest.mark.parametrize("others", [1, 2, 3, 8, 29])
def test_so_it_does_at_the_sizes_of_real_models(others):
    torch.manual_seed(0)
    config = GPTConfig(context_length=128, width=128, num_layers=2, num_heads=4)
    model = build_model(config, vocabulary_size=65).eval()
    alone, many = Decoder(model), Decoder(model)
    many.add([1, 2, 3])
    alone.add([1, 2, 3])
    for other in range(others):
        many.add([other] * (1 + 5 * other % 120))
    for step in range(70):  # more than one piece of the room for keys and values
        assert torch.equal(alone.advance([step % 65])[0], many.advance([step % 65] * len(many))[0])


def test_the_last_text_takes_the_number_of_one_that_is_dropped(tiny_model):
    decoder, last = Decoder(tiny_model), Decoder(tiny_model)
    for text in TEXTS:
        decoder.add(text)
    last.add(TEXTS[-1])
    decoder.drop(1)
    assert len(decoder) == len(TEXTS) - 1
    assert torch.equal(decoder.advance([3] * len(decoder))[1], last.advance([3])[0])


def test_texts_may_come_when_others_have_gone(tiny_model):
    decoder, alone = Decoder(tiny_model), Decoder(tiny_model)
    decoder.add([1, 2])
    decoder.drop(0)
    assert torch.equal(decoder.add([3, 4]), alone.add([3, 4]))
    assert torch.equal(decoder.advance([5]), alone.advance([5]))


def test_nothing_to_continue_is_refused(tiny_model):
    with pytest.raises(ConfigurationError, match="prompt is empty") as refusal:
        Decoder(tiny_model).add([])
    assert refusal.value.field == "sampling.prompt"


def test_a_text_that_cannot_be_read_leaves_the_others_as_they_were(tiny_model):
    decoder, alone = Decoder(tiny_model), Decoder(tiny_model)
    decoder.add([1, 2])
    alone.add([1, 2])
    with pytest.raises(IndexError):
        decoder.add([tiny_model.vocabulary_size])
    assert len(decoder) == 1
    assert torch.equal(decoder.advance([3]), alone.advance([3]))


def test_the_model_keeps_nothing(tiny_model):
    before = {name: tensor.clone() for name, tensor in tiny_model.state_dict().items()}
    names = {name for name, _ in tiny_model.named_buffers()}
    decoder = Decoder(tiny_model)
    decoder.add([1, 2, 3])
    decoder.advance([4])
    assert {name for name, _ in tiny_model.named_buffers()} == names
    assert all(torch.equal(before[name], now) for name, now in tiny_model.state_dict().items())


def test_what_is_kept_is_as_large_as_it_is_said_to_be(tiny_model):
    decoder = Decoder(tiny_model)
    for text in TEXTS:
        decoder.add(text)
    held = sum(tensor.nbytes for layer in decoder._layers for tensor in (layer.keys, layer.values))
    longest = max(len(judged_by(text, tiny_model.context_length)) for text in TEXTS)
    assert held == kept_bytes(tiny_model, texts=len(TEXTS), length=longest)
    for _ in TEXTS:
        decoder.drop(0)
    assert not any(layer.keys.nbytes + layer.values.nbytes for layer in decoder._layers)


@pytest.mark.parametrize("context_length", [1, 2, 3, 8, 64])
def test_each_token_is_judged_by_half_a_context_to_a_whole_one(context_length):
    starts = [window_start(length, context_length) for length in range(1, 5 * context_length)]
    assert starts[:context_length] == [0] * context_length
    assert starts == sorted(starts)
    for length, start in enumerate(starts[context_length:], start=context_length + 1):
        assert max(1, context_length // 2) <= length - start <= context_length
    # A start that holds for long, so that little is read anew.
    assert len(set(starts)) <= 2 + 4 * context_length // max(1, context_length // 2)


def test_a_text_that_comes_back_is_judged_by_the_same_tokens(tiny_model):
    stayed, left = Decoder(tiny_model), Decoder(tiny_model)
    text = [1]
    stayed.add(text)
    for step in range(3 * tiny_model.context_length):
        text.append(step % 24)
        scores = stayed.advance([step % 24])[0]
        torch.testing.assert_close(left.add(text), scores, atol=2e-5, rtol=1e-4)
