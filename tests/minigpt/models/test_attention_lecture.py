"""The figures of the lecture on attention that MiniGPT grew from, which can be followed by hand.

The drawings of random numbers come in the order of that text, so that the seeds mean the same.
"""

import string

import pytest
import torch

from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.averaging import EqualAttention
from minigpt.models.ladder.bigram import Bigram
from minigpt.models.ladder.single_head import Head
from minigpt.models.layers.attention import Attention
from minigpt.models.layers.norms import build_norm
from minigpt.sampling.distribution import SamplingConfig, next_token_distribution
from minigpt.training.batches import random_batch
from minigpt.training.loss import next_token_loss

SEED = 1337
CHARACTERS = "".join(sorted("\n !$&',-.3:;?" + string.ascii_letters))
"""Those of tiny Shakespeare, each at the place of its id."""
LENGTH = 1_003_854
"""Nine tenths of tiny Shakespeare, to learn from."""
FIRST_WINDOWS = {
    76_049: "Let's hea",
    234_249: "for that ",
    934_904: "nt that h",
    560_986: "MEO:\nI pa",
}
"""What the seed draws there, a character longer than the context, and where it stands."""
UNKNOWN = -1


def averaging_matrix(attention: Attention, length: int) -> torch.Tensor:
    queries, keys, _ = attention.project_heads(torch.zeros(1, length, 2))
    return attention.weights(attention.mask(attention.scores(queries, keys)))[0, 0]


def test_the_averaging_matrix():
    matrix = averaging_matrix(EqualAttention(width=2), 3)
    expected = torch.tensor([[1, 0, 0], [1 / 2, 1 / 2, 0], [1 / 3, 1 / 3, 1 / 3]])
    torch.testing.assert_close(matrix, expected)


def test_what_it_makes_of_three_vectors():
    torch.manual_seed(42)
    vectors = torch.randint(0, 10, (3, 2)).float()
    assert vectors.tolist() == [[2, 7], [6, 4], [6, 5]]
    averaged = EqualAttention(width=2)(vectors[None])[0]
    assert averaged.tolist() == [
        pytest.approx([2, 7]),
        pytest.approx([4, 5.5]),
        pytest.approx([4.6667, 5.3333], abs=1e-4),
    ]


def test_three_ways_of_averaging_differ_by_rounding_alone():
    torch.manual_seed(SEED)
    vectors = torch.randn(4, 8, 2)
    by_loop = torch.stack(
        [torch.stack([row[: i + 1].mean(dim=0) for i in range(8)]) for row in vectors]
    )
    counted = torch.ones(8, 8).tril()
    by_matrix = counted / counted.sum(dim=1, keepdim=True) @ vectors
    attention = EqualAttention(width=2)
    by_softmax = averaging_matrix(attention, 8) @ vectors
    largest = max((by_loop - other).abs().max().item() for other in (by_matrix, by_softmax))
    assert largest == pytest.approx(3.2e-08, abs=1e-8)
    assert torch.allclose(by_loop, attention(vectors), atol=1e-6, rtol=0)


@pytest.fixture
def head_and_stream():
    torch.manual_seed(SEED)
    stream = torch.randn(4, 8, 32)
    return Head(width=32, head_size=16), stream


def test_the_weights_of_one_head_without_scaling(head_and_stream):
    head, stream = head_and_stream
    queries, keys, _ = head.project_heads(stream)
    scores = head.scores(queries, keys) / head.scale
    weights = head.weights(head.mask(scores))[0, 0]
    assert weights[0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert weights[1].tolist() == pytest.approx([0.1574, 0.8426, *[0] * 6], abs=5e-5)
    assert weights[7].tolist() == pytest.approx(
        [0.0210, 0.0843, 0.0555, 0.2297, 0.0573, 0.0709, 0.2423, 0.2391], abs=5e-5
    )


def test_scaled_scores_keep_the_variance_of_queries_and_keys(head_and_stream):
    head, _ = head_and_stream
    keys, queries = torch.randn(4, 8, 16), torch.randn(4, 8, 16)
    scores = head.scores(queries[:, None], keys[:, None])
    assert keys.var().item() == pytest.approx(1.0449, abs=5e-5)
    assert queries.var().item() == pytest.approx(1.0700, abs=5e-5)
    assert scores.var().item() == pytest.approx(1.0918, abs=5e-5)


@pytest.mark.parametrize(
    ("sharpness", "expected"),
    [(1, [0.1925, 0.1426, 0.2351, 0.1426, 0.2872]), (8, [0.0326, 0.0030, 0.1615, 0.0030, 0.8000])],
)
def test_large_scores_make_the_softmax_pick_one(sharpness, expected):
    scores = torch.tensor([0.1, -0.2, 0.3, -0.2, 0.5])
    weights = EqualAttention(width=2).weights(sharpness * scores.expand(1, 1, 5, 5))
    assert weights[0, 0, 0].tolist() == pytest.approx(expected, abs=5e-5)
    # Sampling does the same: a temperature divides what a sharpness multiplies.
    odds = next_token_distribution(scores, SamplingConfig(temperature=1 / sharpness))
    assert odds.tolist() == pytest.approx(expected, abs=5e-5)


def test_layer_norm_works_on_features_and_not_on_the_batch():
    torch.manual_seed(SEED)
    normalised = build_norm("layer", 100, bias=True)(torch.randn(32, 100))
    # The lecture divides by the standard deviation of a sample, with n - 1; we divide with n.
    normalised = normalised.detach() * (99 / 100) ** 0.5
    assert normalised[:, 0].mean().item() == pytest.approx(0.1469, abs=5e-5)
    assert normalised[:, 0].std().item() == pytest.approx(0.8803, abs=5e-5)
    assert normalised[0].mean().item() == pytest.approx(0, abs=1e-6)
    assert normalised[0].std().item() == pytest.approx(1, abs=1e-4)


@pytest.fixture
def first_windows():
    """The part of tiny Shakespeare to learn from, of which only the windows to be drawn are known.

    So the figure can be checked without the text. Shakespeare's works are in the public domain.
    """
    ids = {character: index for index, character in enumerate(CHARACTERS)}
    tokens = torch.full((LENGTH,), UNKNOWN)
    for start, window in FIRST_WINDOWS.items():
        tokens[start : start + len(window)] = torch.tensor([ids[one] for one in window])
    return tokens


def test_the_windows_are_those_of_the_text(first_windows, real_shakespeare):
    assert sorted(set(real_shakespeare)) == list(CHARACTERS)
    assert int(0.9 * len(real_shakespeare)) == LENGTH
    for start, window in FIRST_WINDOWS.items():
        assert real_shakespeare[start : start + len(window)] == window


def test_the_untrained_bigram(first_windows):
    batch = random_batch(
        first_windows,
        batch_size=4,
        context_length=8,
        generator=torch.Generator().manual_seed(SEED),
    )
    assert batch.inputs[0].tolist() == [24, 43, 58, 5, 57, 1, 46, 43]
    assert UNKNOWN not in batch.inputs  # the seed draws these very windows
    torch.manual_seed(SEED)
    model = Bigram(BigramConfig(), vocabulary_size=len(CHARACTERS))
    logits = model(batch.inputs)
    assert logits.flatten(end_dim=1).shape == (32, 65)
    loss = next_token_loss(logits, batch.targets)
    assert loss.item() == pytest.approx(4.8786, abs=5e-5)
