import json

import pytest

from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.runs.analysis.head_report import report_card
from minigpt.runs.analysis.inside.growth import (
    Grown,
    Growth,
    growth,
    growths_as_json,
    growths_as_table,
    recurrences,
)
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model


def grown(step, *, before=0, head=(0, 0), is_proven=True):
    return Grown(
        head=head, share=0.8, chance=0.1, step=step, before=before, effect=0.5, half_width=0.1,
        is_proven=is_proven,
    )  # fmt: skip


def of(run, **kinds):
    return Growth(run=run, steps=(0, 100, 200), grown=kinds)


RUNS = [
    of("a", previous=grown(100, head=(1, 2)), copied=grown(200)),
    of("b", previous=grown(200, head=(0, 3), is_proven=False)),
    of("c"),
]


def test_kinds_are_counted_over_runs_wherever_the_head_sits():
    found = recurrences(RUNS)
    assert list(found) == ["previous", "copied"]  # the most frequent first
    previous, copied = found["previous"], found["copied"]
    assert (previous.grown, previous.runs, previous.proven) == (2, 3, 1)
    assert previous.step == 150
    assert previous.spread == pytest.approx(70.71, abs=0.01)
    assert (copied.grown, copied.step, copied.spread) == (1, 200, None)


def test_what_no_run_grew_is_not_listed():
    assert recurrences([of("a"), of("b")]) == {}
    assert "-" in growths_as_table([of("a")])


def test_a_table_says_how_often_and_which_head():
    lines = growths_as_table(RUNS).splitlines()
    assert lines[1].split() == ["previous", "2/3", "1", "150", "±", "71"]
    assert any("2.3" in line and "previous" in line for line in lines)
    assert any("since 0 to 100" in line for line in lines)


def test_json_has_every_run_and_kind():
    told = json.loads(json.dumps(growths_as_json(RUNS, differ_in=["model.width"])))
    assert [one["run"] for one in told["runs"]] == ["a", "b", "c"]
    assert told["runs"][0]["heads"]["previous"]["layer"] == 2
    assert told["runs"][0]["heads"]["previous"]["step_before"] == 0
    assert told["kinds"]["previous"]["grown"] == 2
    assert told["differ_in"] == ["model.width"]


def test_the_demo_that_copies_grew_the_two_heads_that_copying_takes():
    run = RunStore(PROJECT_FOLDER / "checkpoints").open("demo-copying")
    found = growth(run, windows=4)
    card = report_card(run, open_model(run, step=found.steps[-1]), windows=4)
    while not card.is_done:
        card.measure()
    assert set(found.grown) == {"previous", "copied"}
    for kind, one in found.grown.items():
        assert card.candidates[one.head] == kind
        assert one.is_proven
        assert one.effect == pytest.approx(float(card.effects.estimate.mean[one.head]), abs=1e-4)
        assert one.before in found.steps
        assert found.steps.index(one.step) == found.steps.index(one.before) + 1


def test_the_command_over_runs_of_one_recipe(store, tiny, capsys, in_process):
    config = tiny.changed({"model.context_length": 12})
    ids = []
    for seed in (1, 2):
        run = store.create(config.changed({"seed": seed}), name=f"seed {seed}")
        run.write("exit", train_run(run, Requests(run)).to_json())
        ids.append(run.id)
    assert main(["heads", *ids, "--windows", "2", "--json"]) == DONE
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert [one["run"] for one in told["runs"]] == ids
    assert told["differ_in"] == []
    assert "differ in more" not in err
    assert main(["heads", *ids, "--windows", "2"]) == DONE
    assert capsys.readouterr().out.startswith("kind")
    assert main(["heads", ids[0], ids[0]]) == BAD_ARGUMENTS
    assert main(["heads", *ids, "--step", "4"]) == BAD_ARGUMENTS
    assert "Leave it out" in capsys.readouterr().err


def test_runs_of_other_recipes_are_said_to_be(store, tiny, capsys, in_process):
    config = tiny.changed({"model.context_length": 12})
    ids = []
    for width in (16, 24):
        run = store.create(config.changed({"model.width": width}), name="one")
        run.write("exit", train_run(run, Requests(run)).to_json())
        ids.append(run.id)
    assert main(["heads", *ids, "--windows", "1", "--json"]) == DONE
    out, err = capsys.readouterr()
    assert json.loads(out)["differ_in"] == ["model.width"]
    assert "differ in more than their seeds: model.width" in err
