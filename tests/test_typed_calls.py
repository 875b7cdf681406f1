from dataclasses import dataclass

import jaxtyping
import numpy as np
import pytest
from jaxtyping import Float, TypeCheckError

from tests.typed_calls import typed

Few = Float[np.ndarray, " few"]


@typed(typechecker=None)
def joined(one: Few, other: Few) -> Float[np.ndarray, " few"]:
    return one + other[: len(one)] if len(other) else one[:1]


@typed(typechecker=None)
def halved(number: int) -> int:
    return number / 2


@typed(typechecker=None)
@dataclass
class Pair:
    first: Few
    second: Few


@pytest.fixture(autouse=True)
def _is_on(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", False)


def test_what_fits_its_annotations_is_called():
    assert joined(np.ones(3), np.ones(3)).tolist() == [2, 2, 2]
    assert joined(np.ones(2), np.ones(2)).tolist() == [2, 2]  # an axis is free in each call
    assert Pair(np.ones(2), np.ones(2)).second.tolist() == [1, 1]


@pytest.mark.parametrize(
    "call",
    [
        lambda: joined(np.ones(3), "three"),
        lambda: joined(np.ones(3), np.ones((3, 1))),
        lambda: joined(np.ones(3), np.ones(4)),
        lambda: joined(np.ones(3), np.zeros(3, dtype=int)),
        lambda: halved("two"),
        lambda: halved(2),
        lambda: Pair(np.ones(2), np.ones(3)),
    ],
)
def test_what_does_not_is_refused(call):
    with pytest.raises(TypeCheckError):
        call()


def test_a_test_may_say_that_nothing_shall_be_checked(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    assert halved(3) == 1.5
