import pytest

from ui.screens.learn import sharing
from ui.screens.learn.sharing import shared_numbers, tell, watched


def test_a_step_is_computed_once_for_all_who_look_at_it():
    computed = []

    def compute():
        computed.append(1)
        return object()

    first = shared_numbers("a/b", (("seed", 1),), compute)
    assert shared_numbers("a/b", (("seed", 1),), compute) is first
    assert shared_numbers("a/b", (("seed", 2),), compute) is not first
    assert shared_numbers("a/c", (("seed", 1),), compute) is not first
    assert len(computed) == 3


def test_who_waits_sees_how_far_it_is_and_nobody_else_is_told():
    seen = []

    def compute():
        tell(0.5)
        return 7

    class Place:
        def progress(self, share, text):
            seen.append((share, text))

        def empty(self):
            seen.append("gone")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing.st, "empty", Place)
        assert watched("Learning …", compute) == 7
    assert seen == [(0.5, "Learning …"), "gone"]
    assert compute() == 7
    assert len(seen) == 2
