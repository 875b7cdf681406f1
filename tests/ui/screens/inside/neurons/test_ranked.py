import numpy as np
import pytest

from ui.screens.inside.neurons.ranked import neurons_table
from ui.services.inside.neurons import LayerActivity


@pytest.mark.parametrize("shares", [np.array([0.25, -1.0], dtype=np.float32), None])
def test_every_neuron_of_a_layer_can_be_saved_with_what_is_known_of_it(shares):
    said = LayerActivity(
        active=np.array([3.0, 0.5], dtype=np.float32), shares=shares, bias=0.0, odds=0.5
    )
    table = neurons_table(1, said)
    assert list(table["neuron"]) == ["2.1", "2.2"]
    assert list(table["activation"]) == [3.0, 0.5]
    assert list(table.get("adds itself", [])) == ([] if shares is None else [0.25, -1.0])
