import pytest
import torch

from minigpt.sampling.distribution import SamplingConfig, next_token_distribution, penalise
from minigpt.sampling.filters import FILTERS, MODEL, stages

ALL = SamplingConfig(temperature=0.7, top_k=6, top_p=0.8, min_p=0.2, repetition_penalty=1.5)


@pytest.fixture
def logits():
    return 2 * torch.randn(3, 12, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def present():
    marks = torch.zeros(3, 12, dtype=torch.bool)
    marks[:, [1, 4, 7]] = True
    return marks


def test_the_first_is_what_the_model_says_and_the_last_what_is_drawn_from(logits, present):
    found = stages(logits, ALL, present)
    assert [stage.name for stage in found] == [MODEL, *FILTERS]
    assert torch.allclose(found[0].probabilities, logits.softmax(-1))
    last = next_token_distribution(logits, ALL, present)
    assert torch.equal(found[-1].probabilities, last)


def test_each_filter_is_shown_right_after_the_one_before(logits, present):
    _, penalised, tempered, of_six, of_mass, likely = stages(logits, ALL, present)
    expected = penalise(logits, present, 1.5)
    assert torch.allclose(penalised.probabilities, expected.softmax(-1))
    assert torch.allclose(tempered.probabilities, (expected / 0.7).softmax(-1), atol=1e-6)
    assert (of_six.probabilities > 0).sum(-1).tolist() == [6, 6, 6]
    for earlier, later in ((of_six, of_mass), (of_mass, likely)):
        # Filters take tokens out and scale up the rest alike.
        kept = later.probabilities > 0
        shares = (later.probabilities / earlier.probabilities)[kept]
        assert (shares >= 1 - 1e-6).all()
        assert ((earlier.probabilities > 0) | ~kept).all()
    top = likely.probabilities.amax(-1, keepdim=True)
    assert ((likely.probabilities >= 0.2 * top) | (likely.probabilities == 0)).all()


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_is_off_is_not_shown(logits, name):
    assert [stage.name for stage in stages(logits, SamplingConfig(temperature=1.0))] == [MODEL]
    one = SamplingConfig(**({"temperature": 1.0} | {name: getattr(ALL, name)}))
    assert [stage.name for stage in stages(logits, one)] == [MODEL, name]


def test_greedy_leaves_the_likeliest(logits):
    *_, last = stages(logits, SamplingConfig(temperature=0.0))
    assert last.probabilities.argmax(-1).equal(logits.argmax(-1))
    assert (last.probabilities > 0).sum(-1).tolist() == [1, 1, 1]
