import pytest

from ui.screens.inside.neurons.one import in_the_text
from ui.services.inside.neurons import Neuron, Place


@pytest.mark.parametrize(("explained", "says"), [(0.43, "explains 43 %"), (None, "12.5 % of them")])
def test_how_much_the_token_explains_is_said_only_where_it_is_known(explained, says):
    found = Neuron(places=(), active=0.125, explained=explained, chance=0.004, sampled=16_384)
    words = in_the_text(found).replace("\N{NO-BREAK SPACE}", " ")
    assert says in words
    assert ("by chance it would be 0.4 %" in words) == (explained is not None)


def test_a_place_is_shown_with_what_stands_before_it_and_a_little_after():
    place = Place(tokens=tuple(range(64)), active=(0.0,) * 64, at=40)
    shown = range(64)[place.shown]
    assert (shown.start, shown.stop) == (16, 49)
    early = Place(tokens=tuple(range(8)), active=(0.0,) * 8, at=2)
    assert range(8)[early.shown] == range(8)
