from minigpt.runs.records import HeadRow
from tests.ui.harness import chart, links, made_run, plain, said

PREVIOUS = ((0.1, 0.4), (0.2, 0.3))
LOOKS = [(0, 0.05, 0.04), (10, 0.2, 0.45), (20, 0.3, 0.85)]


def show(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.run.monitor import draw_run
    from ui.services.runs import snapshot

    ensure_frame()
    draw_run(snapshot(run_id))


def followed(looks=LOOKS):
    run = made_run()
    for step, one, other in looks:
        row = HeadRow(
            step=step, previous=PREVIOUS, copied=((0.01, 0.02), (one, other)), copied_chance=0.03
        )
        run.append("heads", row.to_json())
    return run


def test_a_run_that_does_not_follow_its_heads_says_nothing_of_them(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    assert not at.exception
    assert [one.proto.key for one in at.get("echarts_chart") if "heads-" in str(one.proto)] == []
    assert "Look at this head" not in links(at)


def test_the_copying_head_is_drawn_against_chance_and_the_head_that_feeds_it(draw):
    run = followed()
    at = draw(show, run_id=run.id)
    spec = chart(at, f"heads-{run.id}")
    lines = {line["name"]: line for line in spec["series"] if line["name"]}
    assert lines["copies: layer 2, head 2"]["data"] == [[0, 4.0], [10, 45.0], [20, 85.0]]
    assert lines["looks one token back: layer 1, head 2"]["data"][-1] == [20, 40.0]
    assert len(spec["series"]) == 5
    assert spec["series"][-1]["markLine"]["data"][0]["yAxis"] == 3.0
    assert (spec["yAxis"]["min"], spec["yAxis"]["max"]) == (0, 100)
    assert not at.exception


def test_its_share_and_its_birth_are_said(draw):
    run = followed()
    at = draw(show, run_id=run.id)
    metric = next(one for one in at.metric if one.label == "The head that copies most")
    assert (plain(metric.value), plain(metric.delta)) == (
        "85 %",
        "layer 2, head 2; looking everywhere alike gives 3 %",
    )
    assert any("born between step 10 and step 20" in words for words in said(at.markdown))
    assert links(at)["Look at this head"] == ("attention", f"run={run.id}&layer=2&head=2")
    assert not at.exception


def test_before_its_birth_none_is_claimed(draw):
    run = followed(LOOKS[:2])
    words = said(draw(show, run_id=run.id).markdown)
    assert any(one.startswith("No head copies yet") for one in words)
    assert not any("born" in one for one in words)


def test_rows_of_other_sizes_or_none_at_all_break_nothing(draw):
    run = followed()
    run.append("heads", {"step": 30, "previous": [[2]], "copied": "x", "copied_chance": -1})
    run.append("heads", {"step": 30, "previous": [[0.1]], "copied": [[0.7]], "copied_chance": 0.03})
    at = draw(show, run_id=run.id)
    assert not at.exception
    names = [line["name"] for line in chart(at, f"heads-{run.id}")["series"]]
    assert names == ["copies: layer 1, head 1"]


WORTH = {
    "outcome": "finished", "table_parameters": 6300, "loss_whole": 1.75,
    "loss_without_heads": 1.79, "loss_without_table": 3.25,
}  # fmt: skip


def test_what_a_table_of_n_grams_is_worth_is_said_beside_the_heads(draw):
    at = draw(show, run_id=made_run(end=WORTH).id)
    (words,) = (one for one in said(at.caption) if "are a table" in one)
    assert words.startswith("90 % of its 7,000 parameters")
    assert "its loss would be 1.50 higher, without all its heads 0.04," in words
    assert not at.exception


def test_of_a_run_without_a_table_nothing_is_said_of_one(draw):
    for end in ({"outcome": "finished"}, WORTH | {"loss_without_table": None}):
        at = draw(show, run_id=made_run(end=end).id)
        assert not any("are a table" in one for one in said(at.caption))
        assert not at.exception
