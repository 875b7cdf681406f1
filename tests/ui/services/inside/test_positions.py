import pytest

from minigpt.errors import ConfigurationError
from tests.ui.harness import made_run, tiny_config
from ui.services.inside import positions
from ui.services.inside.positions import in_other_orders, places_of
from ui.services.inside.prediction import ModelOnText


@pytest.mark.parametrize(
    ("position", "kind", "channels"),
    [("learned", "learned", 16), ("sinusoidal", "waves", 16), ("rotary", "rotary", 4),
     ("none", "none", 0)],
)  # fmt: skip
def test_each_kind_is_told_by_what_the_model_has(position, kind, channels):
    run = made_run(config=tiny_config(model__position=position))
    found = places_of(ModelOnText(run.id, 20, "the sea"))
    assert (found.kind, found.channels) == (kind, channels)
    assert len(found.alike) == (16 if channels else 0)
    if channels:
        assert found.alike[0] == pytest.approx(1, abs=1e-5)


def test_of_a_long_table_the_beginning_is_shown():
    length = positions.MOST_PLACES + 5
    run = made_run(config=tiny_config(model__context_length=length))
    found = places_of(ModelOnText(run.id, 20, "the sea"))
    assert found.shown.shape == (positions.MOST_PLACES, 16)
    assert found.places == length


def test_a_large_model_reads_fewer_orders_and_a_short_text_none(monkeypatch):
    run = made_run()
    assert in_other_orders(ModelOnText(run.id, 20, "the sea")).orders == positions.MANY_ORDERS
    monkeypatch.setattr(positions, "LARGE", 0)
    assert in_other_orders(ModelOnText(run.id, 20, "the road")).orders == positions.FEW_ORDERS
    with pytest.raises(ConfigurationError, match="3 tokens"):
        in_other_orders(ModelOnText(run.id, 20, "to"))
