import pytest
import torch

from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run
from ui.services.generation.futures import MASS, MOST_CHILDREN, futures


def odds(run, ids):
    logits = open_model(run, step=20).model(torch.tensor([ids]))[0, -1].detach()
    return logits.softmax(-1)


def test_a_place_has_its_likeliest_tokens_and_all_others_as_one():
    run = made_run()
    found = futures(run.id, 20, [1, 2, 3], [])
    expected = odds(run, [1, 2, 3])
    *tokens, rest = found
    assert len(tokens) <= MOST_CHILDREN
    order = expected.sort(descending=True, stable=True).indices.tolist()
    assert [one.path for one in tokens] == [(token,) for token in order[: len(tokens)]]
    for one in tokens:
        assert (
            one.probability == one.of_path == pytest.approx(expected[one.path[0]].item(), rel=1e-4)
        )
    assert (rest.path, rest.others) == ((), len(expected) - len(tokens))
    assert sum(one.probability for one in found) == pytest.approx(1)
    reached = sum(one.probability for one in tokens[:-1])
    assert reached < MASS, "no more are shown than are needed"


def test_what_is_open_is_followed_by_what_may_come_after_it():
    run = made_run()
    first = futures(run.id, 20, [1, 2], [])[1]
    found = futures(run.id, 20, [1, 2], [first.path, (*first.path, 5), (60, 1)])
    below = [one for one in found if len(one.path) == 2 and not one.others]
    assert below
    expected = odds(run, [1, 2, *first.path])
    for one in below:
        assert one.path[:1] == first.path
        assert one.probability == pytest.approx(expected[one.path[1]].item(), rel=1e-4)
        assert one.of_path == pytest.approx(first.probability * one.probability)
    inside = [one for one in found if one.path[:1] == first.path and len(one.path) <= 2]
    rest = next(one for one in inside if one.others)
    assert sum(one.of_path for one in [*below, rest]) == pytest.approx(first.probability)
    at = [one.path for one in found].index(first.path)
    assert found[at].is_open
    assert found[at + 1].path == below[0].path
