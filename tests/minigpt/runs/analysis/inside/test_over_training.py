import pytest
import torch

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.errors import RunError
from minigpt.introspection.report_card import ReportCard
from minigpt.models.build import build_model
from minigpt.runs.analysis.head_report import report_card
from minigpt.runs.analysis.inside.over_training import (
    LONGEST,
    AtStep,
    Era,
    at_step,
    best_heads,
    eras,
    steps_looked_at,
    yardstick,
)
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers.character import CharacterTokenizer


def found(step, *distances):
    return AtStep(step=step, loss=1.0, distances=distances, shares={}, chances={})


def test_eras_are_stretches_of_the_nearest_guesser():
    steps = [
        found(0, 0.1, 1.0, 4.0),
        found(4, 0.3, 0.4, 3.0),
        found(9, 2.0, 0.5, 1.0),
        found(20, 3.0, 2.0, 0.4),
    ]
    assert eras(steps) == [
        Era(run_length=0, first=0, last=4),
        Era(run_length=1, first=9, last=9),
        Era(run_length=2, first=20, last=20),
    ]


@pytest.fixture(scope="module")
def demo():
    run = RunStore(PROJECT_FOLDER / "checkpoints").open("demo-copying")
    return run, yardstick(run, open_model(run, step=None))


def test_a_demo_begins_as_an_even_guess_and_leaves_all_counting_behind(demo):
    run, on = demo
    steps = steps_looked_at(run)
    first, last = (at_step(run, step, on) for step in (steps[0], steps[-1]))
    assert len(first.distances) == LONGEST + 1
    assert first.nearest == 0
    assert first.distances[0] < 0.05
    assert min(last.distances) > 1
    assert last.loss < min(on.losses) - 1  # what it knows, no count does
    assert on.losses[0] == pytest.approx(torch.tensor(on.marks.shape[0]).log().item())


def test_shares_are_those_of_the_report_card(demo):
    run, on = demo
    step = steps_looked_at(run)[-1]
    card: ReportCard = report_card(run, open_model(run, step=step), windows=len(on.texts))
    one = at_step(run, step, on)
    assert torch.equal(card.windows[:, :-1], on.texts)
    for kind, shares in one.shares.items():
        torch.testing.assert_close(torch.tensor(shares), card.looks.shares[kind].heads)
        assert one.chances[kind] == card.looks.shares[kind].chance
    layer, head = best_heads([one])["copied"]
    assert one.shares["copied"][layer][head] == max(map(max, one.shares["copied"]))


def test_a_table_of_counted_pairs_is_no_way_from_counts_of_pairs(store, tiny):
    run = store.create(tiny.changed({"model.rung": "bigram", "model.context_length": 16}), name="b")
    tokenizer = CharacterTokenizer.train(run.config().corpus.load().text)
    run.write("tokenizer", tokenizer.to_dict())
    model = build_model(run.config().model, vocabulary_size=tokenizer.vocabulary_size)
    save_checkpoint(run.weights, model, step=0, validation_loss=None)
    on = yardstick(run, open_model(run, step=0))
    with torch.no_grad():
        model.table.weight[on.texts[on.judged]] = on.counted[2]
    save_checkpoint(run.weights, model, step=1, validation_loss=None)
    last = at_step(run, 1, on)
    assert last.distances[2] == pytest.approx(0, abs=1e-5)
    assert last.nearest == 2
    assert last.loss == pytest.approx(on.losses[2], abs=1e-5)
    assert last.shares == {}  # it has no heads


def test_a_run_that_kept_nothing_says_so(store, tiny):
    with pytest.raises(RunError, match="first checkpoint"):
        steps_looked_at(store.create(tiny, name="new"))
