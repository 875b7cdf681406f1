import pytest

from tests.ui.harness import made_run
from ui.services.inside.neurons import Place, pushes_at
from ui.services.inside.prediction import ModelOnText
from ui.services.models import trained_model


def test_of_all_that_a_neuron_pushes_both_ends_are_told():
    run = made_run()
    asked, size = (
        ModelOnText(run.id, 20, "the sea"),
        trained_model(run.id, 20).model.vocabulary_size,
    )
    place = Place(tokens=(1, 2, 3), active=(0.0, 0.5, 1.0), at=2)
    every = pushes_at(asked, 0, 1, place, each_way=size)
    assert sorted(token for token, _push in every) == list(range(size))
    pushes = [push for _token, push in every]
    assert pushes == sorted(pushes, reverse=True)
    assert sum(pushes) == pytest.approx(0.0, abs=1e-4)
    assert pushes[0] > 0 > pushes[-1]
    assert pushes_at(asked, 0, 1, place, each_way=2) == (*every[:2], *every[-2:])
