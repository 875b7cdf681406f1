import json
import math

import pytest

from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.runs.config import RunConfig
from tests.ui.harness import DONE, ROWS, chart, made_run, plain, said, tiny_config
from ui.screens.runs.compare import difference_table, in_words, is_comparable_by_token, names_of
from ui.services.runs import snapshot


def show(ids):
    from ui.screens.runs.compare import draw_overlay

    draw_overlay(ids)


@pytest.fixture
def two():
    return [
        made_run(name="One", steps=()).id,
        made_run(name="Two", steps=(), config=tiny_config(training__steps=30)).id,
    ]


def series(at):
    return {one["name"]: one["data"] for one in chart(at, "overlay")["series"]}


def legend(at):
    return at.get("html")[0].proto.body


def test_each_run_has_its_line_and_its_place_in_the_legend(draw, two):
    at = draw(show, ids=two)
    assert list(series(at)) == ["One", "Two"]
    assert series(at)["One"] == [[0, 4.0], [10, 3.0], [20, 2.5]]
    assert legend(at).count("best 2.5000") == 2
    assert f'href="run?run={two[0]}"' in legend(at)
    assert not at.exception


def test_below_is_what_differs(draw, two):
    at = draw(show, ids=two)
    assert said(at.subheader) == ["What differs"]
    assert at.dataframe[0].value.to_dict("records") == [
        {"Setting": "steps (training)", "One": "20", "Two": "30"}
    ]


def test_one_run_alone_differs_from_nothing(draw, two):
    at = draw(show, ids=two[:1])
    assert list(series(at)) == ["One"]
    assert not at.dataframe


def test_the_training_loss_is_drawn_behind_when_asked_for(draw, two):
    found = chart(draw(show, ids=two, query={"losses": "both"}), "overlay")["series"]
    assert [one["name"] for one in found] == [
        "One, last batch's loss", "Two, last batch's loss", "One", "Two",
    ]  # fmt: skip
    assert len(found[0]["data"]) == len(ROWS)


def test_tokens_and_time_can_be_the_axis(draw):
    run = made_run(name="One", steps=(), state=None)
    run.write("state", DONE)
    rows = [row | {"tokens": row["step"] * 100, "seconds": row["step"] * 2} for row in ROWS]
    run.metrics.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    by_tokens = draw(show, ids=[run.id], query={"axis": "tokens"})
    assert [x for x, _ in series(by_tokens)["One"]] == [0, 1000, 2000]
    by_time = draw(show, ids=[run.id], query={"axis": "time"})
    assert [x for x, _ in series(by_time)["One"]] == [0, 20, 40]


def test_scales_of_factors(draw, two):
    log = chart(draw(show, ids=two, query={"scale": "log"}), "overlay")
    assert (log["yAxis"]["type"], log["xAxis"]["type"]) == ("log", "value")
    both = chart(draw(show, ids=two, query={"scale": "log-log"}), "overlay")
    assert (both["yAxis"]["type"], both["xAxis"]["type"]) == ("log", "log")


def test_names_that_two_runs_share_get_their_ids():
    one, two = (made_run(name="Same", steps=()).id for _ in range(2))
    names = names_of({one: snapshot(one), two: snapshot(two)})
    assert names == {one: f"Same · {one[-6:]}", two: f"Same · {two[-6:]}"}


def test_names_are_no_markup(draw):
    run = made_run(name="<b>x</b>", steps=())
    at = draw(show, ids=[run.id])
    assert "<b>" not in legend(at)
    assert "&lt;b&gt;x&lt;/b&gt;" in legend(at)


@pytest.fixture
def cut_differently():
    config = tiny_config(tokenizer__kind="bpe")
    return [
        made_run(name="Characters", steps=()).id,
        made_run(
            name="Pieces", steps=(), config=config, state=DONE | {"characters_per_token": 2.0}
        ).id,
    ]


def test_runs_that_cut_text_differently_are_compared_by_character(draw, cut_differently):
    at = draw(show, ids=cut_differently)
    found = series(at)
    assert found["Characters"][-1][1] == pytest.approx(2.5 / math.log(2), rel=1e-5)
    assert found["Pieces"][-1][1] == pytest.approx(2.5 / math.log(2) / 2, rel=1e-5)
    assert chart(at, "overlay")["yAxis"]["name"] == "bits per character"
    assert any("cut text differently" in words for words in said(at.caption))


def test_a_run_whose_tokens_nobody_measured_is_left_out_and_named(draw, cut_differently):
    unknown = made_run(name="Un*known*", steps=(), config=tiny_config(tokenizer__kind="byte"))
    at = draw(show, ids=[*cut_differently, unknown.id])
    assert list(series(at)) == ["Characters", "Pieces"]
    assert any("Un*known*" in plain(words) for words in said(at.caption))


def test_the_same_pieces_can_be_compared_by_token():
    config = tiny_config(tokenizer__kind="bpe")
    runs = [made_run(steps=(), config=config).id for _ in range(2)]
    assert is_comparable_by_token({run: snapshot(run) for run in runs})


def test_different_texts_are_pointed_out(draw, two):
    other = made_run(name="Other", steps=(), config=tiny_config(corpus__name="sentences"))
    captions = said(draw(show, ids=[*two, other.id]).caption)
    assert any("different texts" in words for words in captions)
    assert not any("different texts" in words for words in said(draw(show, ids=two).caption))


def test_a_damaged_run_costs_its_own_line_only(draw, two):
    from minigpt.runs.store import RunStore

    damaged = RunStore.default().open(two[0])
    damaged.weights.mkdir()
    (damaged.weights / "latest.json").write_text("{")
    at = draw(show, ids=two)
    assert list(series(at)) == ["Two"]
    assert "is damaged" in plain(at.error[0].value)
    assert not at.exception


def test_where_all_are_damaged_there_is_no_chart(draw):
    at = draw(show, ids=["gone"])
    assert not at.get("echarts_chart")
    assert "no run called" in plain(at.error[0].value)


BASE = RunConfig()


def compared(**changed):
    configs = {"base": BASE} | {name: BASE.changed(change) for name, change in changed.items()}
    return differing_settings({name: config.to_dict() for name, config in configs.items()})


def rows(comparison):
    names = {name: name.upper() for name in ("base", "other")}
    return difference_table(comparison, names).to_dict("records")


def test_a_row_a_setting_and_a_column_a_run():
    found = rows(compared(other={"training.steps": 200_000, "model.bias": False}))
    assert found == [
        {"Setting": "bias (model)", "BASE": "yes", "OTHER": "no"},
        {"Setting": "steps (training)", "BASE": "1,000", "OTHER": "200,000"},
    ]


def test_what_a_model_does_not_have_is_a_dash():
    found = rows(compared(other={"model.rung": "bigram"}))
    assert {"Setting": "width (model)", "BASE": "64", "OTHER": "–"} in found


def test_a_seed_alone_is_said_in_words():
    assert "but the seed" in in_words(compared(other={"seed": 3}))
    assert "same settings" in in_words(compared(other={}))
    assert in_words(compared(other={"seed": 3, "training.steps": 3})) is None


def show_differences(configs):
    from ui.screens.runs.compare import draw_differences

    draw_differences(configs, {name: name for name in configs})


def test_differences_are_a_table(draw):
    other = BASE.changed({"training.steps": 3})
    at = draw(show_differences, configs={"a": BASE.to_dict(), "b": other.to_dict()})
    assert at.dataframe[0].value["Setting"].tolist() == ["steps (training)"]
    assert not at.markdown
    assert not at.exception


def test_the_same_settings_have_no_table(draw):
    at = draw(show_differences, configs={"a": BASE.to_dict(), "b": BASE.to_dict()})
    assert not at.dataframe
    assert "same settings" in at.markdown[0].value


def test_a_seed_is_shown_with_its_words(draw):
    at = draw(
        show_differences, configs={"a": BASE.to_dict(), "b": BASE.changed({"seed": 3}).to_dict()}
    )
    assert at.dataframe[0].value.to_dict("records") == [{"Setting": "seed", "a": "1,337", "b": "3"}]
    assert "chance" in at.markdown[0].value
