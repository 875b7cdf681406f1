import json
import shutil

import numpy as np
import pytest

from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.runs.analysis.head_report import report_card
from minigpt.runs.analysis.inside.growth import _for_good, _narrowed, growth
from minigpt.runs.analysis.inside.head_history import Birth
from minigpt.runs.records import FrameRow
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model

FOUND = {
    0: {},
    10: {(0, 0): "previous"},  # once, and gone again
    40: {(1, 1): "copied"},
    160: {(0, 1): "previous", (1, 1): "copied"},
    640: {(0, 1): "previous", (1, 0): "copied"},
}


def test_looks_are_born_where_they_stay():
    assert _for_good("previous", FOUND) == Birth(before=40, step=160)
    assert _for_good("copied", FOUND) == Birth(before=10, step=40)


def test_what_was_there_at_the_first_look_has_no_step_before():
    assert _for_good("first", {0: {(0, 0): "first"}}) == Birth(before=None, step=0)


def test_frames_narrow_a_birth_down_between_its_kept_steps():
    looking = {(0, 1): "previous"}
    frames = {20: looking, 50: {}, 70: looking, 90: {}, 120: looking, 150: looking, 300: {}}
    born = Birth(before=40, step=160)
    assert _narrowed(born, "previous", frames) == Birth(before=90, step=120)
    always = {50: looking, 150: looking}
    assert _narrowed(born, "previous", always) == Birth(before=40, step=50)


def test_frames_that_do_not_show_it_narrow_nothing():
    born = Birth(before=40, step=160)
    assert _narrowed(born, "previous", {}) is None
    assert _narrowed(born, "previous", {50: {(0, 0): "copied"}, 300: {(0, 0): "previous"}}) is None


def test_frames_of_a_text_date_a_birth_between_two_kept_steps(store):
    store.root.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROJECT_FOLDER / "checkpoints" / "demo-copying", store.root / "filmed")
    run = store.open("filmed")
    ids = tuple(run.tokenizer().encode("abcdefghijklmnopqrst"))
    length = len(ids)
    even = np.tril(np.ones((length, length))) / np.arange(1, length + 1)[:, None]
    maps = np.broadcast_to(even, (2, 2, length, length)).copy()
    for step in (0, 300, 400, 500, 900):
        if step >= 400:  # one head looks at the token just before
            maps[0, 1] = np.eye(length, k=-1)
        cells = (maps[..., *np.tril_indices(length)] * 255).round().astype(np.uint8).tobytes()
        row = FrameRow(step=step, layers=2, heads=2, ids=ids, cells=cells)
        run.append("frames", row.to_json())
    found = growth(run, windows=4).grown
    assert found["previous"].looks == Birth(before=300, step=400)
    assert found["previous"].is_from_frames
    assert found["previous"].deed == Birth(before=231, step=900)  # that takes weights
    assert not found["copied"].is_from_frames  # nothing comes twice in that text


def test_the_demo_that_copies_grew_the_two_heads_that_copying_takes():
    run = RunStore(PROJECT_FOLDER / "checkpoints").open("demo-copying")
    found = growth(run, windows=4)
    card = report_card(run, open_model(run, step=found.steps[-1]), windows=4)
    while not card.is_done:
        card.measure()
    assert set(found.grown) == {"previous", "copied"}
    for kind, one in found.grown.items():
        assert card.candidates[one.head] == kind
        assert one.deed is not None
        assert not one.is_from_frames  # it kept none
        assert one.effect == pytest.approx(float(card.effects.estimate.mean[one.head]), abs=1e-4)
        for born in (one.looks, one.deed):
            assert found.steps.index(born.step) == found.steps.index(born.before) + 1
        assert one.deed.step >= one.looks.step


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
