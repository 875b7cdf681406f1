import itertools

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.bigram import Bigram
from minigpt.sampling.beams import Beam, beam_search
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate

GREEDY = SamplingConfig(temperature=0.0)


def greedy(model, prompt, count):
    return tuple(t.id for t in itertools.islice(generate(model, prompt, GREEDY, seed=0), count))


def log_probability(model, prompt, tokens):
    text = torch.tensor([[*prompt, *tokens]])
    odds = model(text[:, :-1])[0].detach().double().log_softmax(-1)
    places = range(len(prompt) - 1, len(prompt) + len(tokens) - 1)
    return sum(odds[place, token].item() for place, token in zip(places, tokens, strict=True))


def test_one_beam_is_greedy(tiny_model):
    (only,) = beam_search(tiny_model, [1, 2], beams=1, tokens=20)
    assert only.tokens == greedy(tiny_model, [1, 2], 20)


def test_as_many_beams_as_there_are_texts_find_the_likeliest(tiny_model):
    found = beam_search(tiny_model, [1, 2], beams=24, tokens=2)
    pairs = itertools.product(range(24), repeat=2)
    best = max(pairs, key=lambda pair: log_probability(tiny_model, [1, 2], pair))
    assert found[0].tokens == best
    assert len(found) == 24
    for beam in found:
        assert beam.log_probability == pytest.approx(
            log_probability(tiny_model, [1, 2], beam.tokens), abs=1e-4
        )


def garden_path():
    """After 0 the likelier token, 1, leads to an even guess; the other, 2, to a certain 3."""
    model = Bigram(BigramConfig(), vocabulary_size=4)
    odds = torch.tensor([[0, 0.6, 0.4, 0], [0.25] * 4, [0, 0, 0, 1.0], [0, 0, 0, 1.0]])
    with torch.no_grad():
        model.table.weight.copy_(odds.clamp(min=1e-9).log())
    return model.eval()


def test_beams_find_what_the_likeliest_first_token_hides():
    model = garden_path()
    assert greedy(model, [0], 2)[0] == 1
    best = beam_search(model, [0], beams=2, tokens=2)[0]
    assert best.tokens == (2, 3)
    assert best.log_probability == pytest.approx(torch.tensor(0.4).log().item(), abs=1e-4)


def test_length_normalisation_decides_whether_an_early_end_wins():
    model = garden_path()

    def search(normalisation):
        return beam_search(
            model, [0], beams=3, tokens=3, length_normalisation=normalisation,
            has_ended=lambda drawn: drawn[-1] == 1,
        )  # fmt: skip

    assert search(0.0)[0].tokens == (1,)
    assert search(1.0)[0].tokens == (2, 3, 3)


def test_where_all_have_ended_nothing_is_extended():
    found = beam_search(garden_path(), [0], beams=2, tokens=5, has_ended=lambda drawn: True)
    assert {beam.tokens for beam in found} == {(1,), (2,)}


def test_scores_divide_by_length():
    beam = Beam((1, 2), -4.0)
    assert (beam.score(0.0), beam.score(1.0)) == (-4.0, -2.0)


@pytest.mark.parametrize("beams", [0, 65])
def test_none_and_too_many_are_refused(tiny_model, beams):
    with pytest.raises(ConfigurationError, match="must lie between"):
        beam_search(tiny_model, [1], beams=beams, tokens=1)
