from minigpt.lessons.whole_runs.climb import Climb

CURVES = {"low": ((0, 4.0), (9, 3.0)), "middle": ((0, 4.0), (9, 1.0)), "high": ((0, 4.0), (9, 2.0))}


def climb(**changes):
    known = {
        "rungs": tuple(CURVES), "curves": CURVES, "ended": frozenset(CURVES), "even": 4.0,
        "parameters": (1, 2, 3), "looks_back": (8, 8, 8),
    }  # fmt: skip
    return Climb(**known | changes)


def test_the_order_is_that_of_the_last_losses():
    assert climb().order == ("middle", "high", "low")
    assert climb().losses == (3.0, 1.0, 2.0)


def test_it_is_complete_once_all_have_ended():
    assert climb().is_complete
    unfinished = climb(ended=frozenset({"low"}), curves={"low": CURVES["low"]})
    assert not unfinished.is_complete
    assert unfinished.loss("low") == 3.0
    assert unfinished.loss("high") is None
