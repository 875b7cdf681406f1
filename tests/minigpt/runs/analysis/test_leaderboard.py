import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.runs.analysis.leaderboard import (
    OPERATIONS_PER_WEIGHT,
    ComputeHistory,
    Contestant,
    Evaluation,
    budgets,
    contestant,
    fair_budget,
    rank_at,
    read_compute_history,
)

LOOKS = ((0, 0.0, 4 * math.log(2)), (10, 100.0, 3 * math.log(2)), (20, 200.0, 2 * math.log(2)))


def compute_history(**changes):
    return ComputeHistory(**{"text": "a text", "is_fresh": True, "looks": LOOKS} | changes)


def runner(run, *bits, cost=10.0):
    """A run that was looked at each time it had spent `cost` more."""
    return Contestant(
        run=run,
        evaluations=tuple(
            Evaluation(step=10 * number, compute=cost * number, bits=float(value))
            for number, value in enumerate(bits)
        ),
    )


def ranked(standings):
    return [(standing.rank, standing.run) for standing in standings]


def test_compute_is_six_times_parameters_times_tokens():
    found = contestant("a", compute_history(), parameters=7, characters_per_token=1.0)
    assert [one.compute for one in found.evaluations] == [0.0, 6 * 7 * 100, 6 * 7 * 200]
    assert OPERATIONS_PER_WEIGHT == 6
    assert [one.bits for one in found.evaluations] == pytest.approx([4.0, 3.0, 2.0])


def test_longer_tokens_make_fewer_bits_a_character():
    found = contestant("a", compute_history(), parameters=7, characters_per_token=2.0)
    assert [one.bits for one in found.evaluations] == pytest.approx([2.0, 1.5, 1.0])


@pytest.mark.parametrize(
    ("changes", "parameters", "characters", "reason"),
    [
        ({"is_fresh": False}, 7, 1.0, "weights of another run"),
        ({"looks": ()}, 7, 1.0, "not been judged"),
        ({}, None, 1.0, "not been judged"),
        ({}, 7, None, "how long its tokens are"),
    ],
)
def test_what_cannot_be_ranked_says_why(changes, parameters, characters, reason):
    found = contestant(
        "a", compute_history(**changes), parameters=parameters, characters_per_token=characters
    )
    assert reason in found


def test_the_lowest_within_the_budget_wins():
    quick, slow = runner("quick", 8, 3, 2.9), runner("slow", 8, 4, 1)
    assert ranked(rank_at([slow, quick], 10.0)) == [(1, "quick"), (2, "slow")]
    assert ranked(rank_at([slow, quick], 20.0)) == [(1, "slow"), (2, "quick")]


def test_a_place_says_at_which_step_a_run_was_and_where_it_was_best():
    [standing] = rank_at([runner("a", 8, 3, 5)], 20.0)
    assert (standing.best.step, standing.last.step, standing.best.bits) == (10, 20, 3.0)


def test_between_two_looks_the_earlier_one_counts():
    [standing] = rank_at([runner("a", 8, 3, 1)], 19.9)
    assert standing.best.bits == 3.0


def test_a_run_that_has_not_got_that_far_has_no_rank_however_good_it_is():
    standings = rank_at([runner("short", 8, 0.1), runner("long", 8, 7, 6)], 20.0)
    assert ranked(standings) == [(1, "long"), (None, "short")]
    assert standings[1].last.compute == 10.0
    assert standings[1].best.bits == 0.1


def test_of_those_who_have_not_got_that_far_the_furthest_comes_first():
    standings = rank_at([runner("one", 8, 7), runner("two", 8, 7, 6), runner("none", 8)], 100.0)
    assert ranked(standings) == [(None, "two"), (None, "one"), (None, "none")]


def test_equal_ones_share_a_rank():
    standings = rank_at([runner("c", 8, 2), runner("b", 8, 1), runner("a", 8, 1)], 10.0)
    assert ranked(standings) == [(1, "a"), (1, "b"), (3, "c")]


def test_a_run_whose_first_look_cost_more_than_the_budget_shows_nothing():
    late = Contestant(run="late", evaluations=(Evaluation(step=5, compute=50.0, bits=1.0),))
    standings = rank_at([late, runner("early", 8, 7)], 10.0)
    assert ranked(standings) == [(1, "early"), (None, "late")]
    assert standings[1].best is None


def test_stops_lie_evenly_on_a_logarithmic_scale():
    stops = budgets([runner("a", 8, 7, 6, cost=1e6), runner("b", 8, 7, cost=1e10)], 5)
    assert stops == pytest.approx([1e6, 1e7, 1e8, 1e9, 1e10])


def test_without_compute_there_are_no_stops():
    assert budgets([], 5) == []
    assert budgets([runner("a", 8)], 5) == []
    assert fair_budget([runner("a", 8)], []) is None


def test_at_first_the_budget_is_one_that_half_the_runs_have_reached():
    runs = [runner("a", 8, 7), runner("b", 8, 7, 6, 5), runner("c", 8, 7, 6, 5, 4)]
    assert fair_budget(runs, [5.0, 10.0, 25.0, 30.0, 40.0]) == 30.0
    assert fair_budget(runs[:2], [5.0, 10.0, 25.0, 30.0]) == 30.0
    assert fair_budget(runs[:1], [20.0, 30.0]) == 20.0


several_bits = st.lists(
    st.lists(st.floats(0.1, 10), min_size=1, max_size=6), min_size=1, max_size=6
)


def runners(several):
    return [runner(f"run-{index}", *bits) for index, bits in enumerate(several)]


@given(several_bits, st.floats(0, 100))
def test_every_run_has_one_place_and_ranks_follow_the_bits(several, budget):
    contestants = runners(several)
    standings = rank_at(contestants, budget)
    assert sorted(standing.run for standing in standings) == sorted(one.run for one in contestants)
    with_rank = [standing for standing in standings if standing.rank]
    assert [standing.best.bits for standing in with_rank] == sorted(
        standing.best.bits for standing in with_rank
    )
    assert standings[: len(with_rank)] == with_rank
    reached = {one.run: one.compute_reached for one in contestants}
    assert all((reached[one.run] >= budget) == (one.rank is not None) for one in standings)


@given(several_bits, st.integers(1, 30))
def test_whoever_got_furthest_has_reached_the_last_stop(several, count):
    contestants = runners(several)
    stops = budgets(contestants, count)
    assert stops == sorted(set(stops))
    if stops:
        assert max(one.compute_reached for one in contestants) >= stops[-1]
        assert fair_budget(contestants, stops) in stops


def test_a_compute_history_is_read_from_what_a_run_wrote(trained):
    found = read_compute_history(trained)
    assert found.is_fresh
    assert found.text == "sentences"
    assert [step for step, _, _ in found.looks] == [0, 4, 8, 12]
    assert [tokens for _, tokens, _ in found.looks] == [0, 4 * 16, 8 * 16, 12 * 16]


def test_a_run_with_borrowed_weights_is_known(run):
    config = run.read("config") | {"start": {"kind": "fork", "run": "x", "step": 3}}
    run.write("config", config)
    assert not read_compute_history(run).is_fresh


def test_damaged_rows_count_as_absent(run):
    rows = [
        {"step": 1, "tokens": 5, "validation_loss": 2.0},
        {"step": 2, "tokens": "many", "validation_loss": 2.0},
        {"step": 3, "tokens": 5, "validation_loss": None},
        {"tokens": 5, "validation_loss": 2.0},
    ]
    run.metrics.write_text("".join(f"{json.dumps(row)}\n" for row in rows) + '{"step": 4')
    assert read_compute_history(run).looks == ((1, 5.0, 2.0),)
