import pytest
import torch
from torch import nn

from minigpt.errors import ConfigurationError
from minigpt.models.configs import BigramConfig
from minigpt.models.language_model import LanguageModel


class Doubling(LanguageModel):
    """A model of two stages, to see in which order they run."""

    def __init__(self):
        super().__init__(BigramConfig(context_length=4), vocabulary_size=3)
        self.table = nn.Parameter(torch.eye(3))
        self.same_table = self.table

    def embed(self, tokens, positions=None):
        return self.table[tokens]

    def unembed(self, residual):
        return 2 * residual


class AddOne(nn.Module):
    def forward(self, residual):
        return residual + 1


def test_forward_embeds_then_runs_the_blocks_then_unembeds():
    model = Doubling()
    model.blocks.extend([AddOne(), AddOne()])
    expected = torch.tensor([[[4.0, 6.0, 4.0]]])
    assert torch.equal(model(torch.tensor([[1]])), expected)


def test_blocks_are_given_in_reading_order():
    model = Doubling()
    blocks = [AddOne(), AddOne()]
    model.blocks.extend(blocks)
    assert list(model.attention_blocks()) == blocks


def test_a_shared_matrix_counts_once():
    assert Doubling().num_parameters == 9


@pytest.mark.parametrize(("length", "way_out"), [(0, "Give it some text"), (5, "Shorten the text")])
def test_the_refusal_says_what_fits(length, way_out):
    with pytest.raises(ConfigurationError, match="reads 1 to 4 tokens") as refusal:
        Doubling().require_context(length)
    assert way_out in refusal.value.message


@pytest.mark.parametrize("length", [1, 4])
def test_what_fits_is_accepted(length):
    Doubling().require_context(length)


def test_a_kind_must_say_how_it_embeds():
    with pytest.raises(TypeError, match="abstract"):
        LanguageModel(vocabulary_size=3, context_length=4)


@pytest.mark.parametrize(
    ("most", "sizes"), [(1, [1, 1, 1, 1]), (7, [2, 2]), (9, [3, 1]), (99, [4])]
)
def test_few_scores_are_there_at_once_and_together_they_are_all(most, sizes):
    model, tokens = Doubling(), torch.tensor([[0, 2, 1, 0]])
    found = list(model.unembed_along(model.last_stream(tokens)[0], tokens[0], most=most))
    assert [len(scores) for scores, _came in found] == sizes
    assert torch.equal(torch.cat([scores for scores, _came in found]), model(tokens)[0])
    assert torch.cat([came for _scores, came in found]).tolist() == [0, 2, 1, 0]
    assert not any(scores.requires_grad for scores, _came in found)
