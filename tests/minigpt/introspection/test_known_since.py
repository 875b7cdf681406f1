import pytest
import torch

from minigpt.introspection.known_since import NEVER, known_since, ranks


def test_a_rank_is_the_place_among_the_choices_and_ties_go_to_the_lower_id():
    logits = torch.tensor([[0.0, 3.0, 1.0, 1.0], [5.0, 5.0, 5.0, 5.0], [9.0, 0.0, 0.0, 0.0]])
    assert ranks(logits, torch.tensor([0, 1, 2])).tolist() == [1, 3]
    assert ranks(logits, torch.tensor([0, 3, 0])).tolist() == [3, 1]


def test_ranks_are_those_of_sorting(tiny_model):
    ids = torch.randint(24, (8,), generator=torch.Generator().manual_seed(2))
    logits = tiny_model(ids[None])[0].detach()
    order = logits[:-1].sort(descending=True, stable=True).indices.tolist()
    expected = [1 + row.index(came) for row, came in zip(order, ids[1:].tolist(), strict=True)]
    assert ranks(logits, ids).tolist() == expected


@pytest.mark.parametrize(
    ("by_step", "within", "expected"),
    [
        ([[1], [1], [1]], 1, 0),
        ([[1], [2], [1]], 1, 2),  # once lost, the time before does not count
        ([[9], [1], [1]], 1, 1),
        ([[1], [1], [2]], 1, NEVER),
        ([[1], [1], [2]], 2, 0),
        ([[9], [4], [3]], 3, 2),
    ],
)
def test_known_is_what_stays_known_to_the_end(by_step, within, expected):
    assert known_since(list(map(torch.tensor, by_step)), within).tolist() == [expected]
