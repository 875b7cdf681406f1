import json

import pytest

from minigpt.runs.analysis.leaderboard import Evaluation, Standing
from tests.ui.harness import DONE, ROWS, made_run, plain, said, tiny_config
from ui.screens.runs.leaderboard import operations, rank_remark, ranking_table


def learnt(name, *, tokens=100, gain=0.0, config=None, parameters=1000):
    """A run that saw so many tokens a step, and was so much better than the others."""
    run = made_run(name=name, steps=(), config=config, state=DONE | {"parameters": parameters})
    rows = [
        row | {"tokens": row["step"] * tokens, "validation_loss": row["validation_loss"] - gain}
        for row in ROWS
        if row["validation_loss"]
    ]
    run.metrics.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return run


def show(chosen):
    from ui.screens.runs.leaderboard import draw_leaderboard
    from ui.services.runs import all_runs

    draw_leaderboard(all_runs(), chosen)


def ranking(at):
    table = at.dataframe[0].value
    return [
        (None if str(rank) == "<NA>" else int(rank), name)
        for rank, name in zip(table["Rank"], table["Run"], strict=True)
    ]


def test_the_best_at_the_budget_comes_first_and_who_got_less_far_has_no_rank(draw):
    learnt("good", gain=0.5)
    learnt("fair")
    learnt("short", tokens=10, gain=1.0)
    at = draw(show, chosen=[])
    assert ranking(at) == [(1, "good"), (2, "fair"), (None, "short")]
    assert at.dataframe[0].value["Remark"].iloc[2].startswith("got as far as 1.2 × 10⁶")
    assert not at.exception


def test_the_budget_is_in_the_address(draw):
    learnt("good", gain=0.5)
    learnt("short", tokens=10, gain=1.0)
    stops = draw(show, chosen=[]).select_slider[0].options
    at = draw(show, chosen=[], query={"budget": stops[0]})
    assert at.select_slider[0].value == stops[0]
    assert ranking(at)[0] == (1, "short")


def test_runs_on_another_text_are_ranked_apart(draw):
    learnt("here")
    there = learnt("there", config=tiny_config(corpus__name="sentences"))
    at = draw(show, chosen=[there.id])
    assert ranking(at) == [(1, "there")]
    assert at.selectbox[0].label == "Text"
    at.selectbox[0].select(at.selectbox[0].options[1]).run()
    assert not at.exception


def test_runs_that_cannot_be_ranked_are_named_with_the_reason(draw):
    learnt("one")
    learnt("bytes*", config=tiny_config(tokenizer__kind="byte"))
    at = draw(show, chosen=[])
    assert ranking(at) == [(1, "one")]
    assert any(
        "nobody measured" in words and "bytes*" in plain(words) for words in said(at.caption)
    )


@pytest.mark.parametrize("rows", ["", "{", '{"step": 1}\n'])
def test_before_anything_was_judged_there_is_nothing_to_rank(draw, rows):
    run = made_run(steps=())
    run.metrics.write_text(rows)
    at = draw(show, chosen=[run.id])
    assert not at.dataframe
    assert said(at.caption) == [
        "Runs are ranked here once they have been judged by their validation text."
    ]


def test_a_run_that_was_judged_only_before_its_first_step_has_no_compute(draw):
    run = made_run(steps=())
    run.metrics.write_text('{"step": 0, "tokens": 0, "validation_loss": 4.0}\n')
    at = draw(show, chosen=[])
    assert not at.dataframe
    assert "None of these runs has learnt" in said(at.caption)[0]


LOOK = Evaluation(step=1200, compute=3e12, bits=2.0)


def test_a_run_that_has_not_got_that_far_says_how_far_it_got():
    assert rank_remark(Standing(run="a", rank=1, best=LOOK, last=LOOK)) == ""
    short = Standing(run="a", rank=None, best=LOOK, last=LOOK)
    assert rank_remark(short) == "got as far as 3.0 × 10¹² operations, step 1,200"
    late = Standing(run="a", rank=None, best=None, last=LOOK)
    assert rank_remark(late) == "first judged beyond this budget"
    start = Standing(run="a", rank=None, best=LOOK, last=Evaluation(step=0, compute=0.0, bits=6.0))
    assert rank_remark(start) == "was never judged after its start"


def test_a_place_without_a_look_is_empty():
    table = ranking_table([Standing(run="a", rank=None, best=None, last=LOOK)], {"a": "A"})
    assert table[["Rank", "Bits", "Step"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("compute", "words"),
    [(0.0, "0 operations"), (999.0, "999 operations"), (1.25e13, "1.2 × 10¹³ operations")],
)
def test_large_numbers_are_powers_of_ten(compute, words):
    assert operations(compute) == words
