import pytest

from tests.ui.harness import bring_demos
from ui.screens.learn.lessons.vectors.embeddings import LESSON, RUN
from ui.services.models import kept_steps


@pytest.fixture(autouse=True)
def _demos():
    bring_demos()


def step(name):
    return next(one for one in LESSON.steps if one.name == name)


@pytest.mark.parametrize(("kept", "truth"), [(0, "anywhere"), (3, "gathered"), (-1, "gathered")])
def test_that_vowels_gather_is_read_from_the_numbers(kept, truth):
    letters, moment = step("letters"), str(kept_steps(RUN)[kept])
    assert letters.truth(letters.compute({"moment": moment})) == truth


def test_the_dot_product_and_the_cosine_name_others_for_q():
    measures = step("measures")
    seen = measures.compute({"letter": "q"})
    assert measures.truth(seen) == "dot"
    assert seen.dot == seen.scaled_dot != seen.cosine


@pytest.mark.parametrize("kind", ["none", "learned", "waves", "rotary"])
def test_what_is_said_of_places_suits_the_kind(kind):
    places = step("places")
    seen = places.compute({"kind": kind})
    words = str(places.result(seen))
    assert ("only the distance counts" in words) == (kind == "waves")
    assert (places.truth(seen) == "same") == (kind != "learned")


def test_one_layer_without_positions_is_the_only_one_that_nothing_moves():
    order = step("order")
    assert order.truth(order.compute({"layers": "1"})) == "none"
    assert order.truth(order.compute({"layers": "2"})) == "nobody"
