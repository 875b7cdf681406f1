from ui.screens.learn.sharing import shared_numbers


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
