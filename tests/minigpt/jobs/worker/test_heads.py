import pytest
import torch

from minigpt.introspection.ablation import part_losses
from minigpt.introspection.heads import head_shares
from minigpt.introspection.trace import trace
from minigpt.jobs.worker.heads import Bounds, head_row
from minigpt.jobs.worker.recorder import Recorder
from minigpt.jobs.worker.setup import prepare_training
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.training.distributed import World
from minigpt.training.progress import StepReport

SHAPE = GPTConfig(context_length=16, width=16, num_layers=2, num_heads=2)


@pytest.fixture
def model(build_tiny):
    return build_tiny(SHAPE).eval()


@pytest.fixture
def windows():
    """Eight tokens, then the same ones again; and a second window of others."""
    return torch.stack([torch.arange(8).repeat(2), torch.arange(16)])


def test_a_row_holds_the_shares_of_every_head(model, windows):
    shares = head_shares(trace(model, windows).attention, windows)
    row = head_row(model, windows, step=7)
    assert row.step == 7
    for name in ("previous", "copied"):
        table = torch.tensor(getattr(row, name))
        assert torch.allclose(table, getattr(shares, name).heads, atol=1e-4)
    assert row.copied_chance == pytest.approx(shares.copied.chance, abs=1e-4)


def test_of_long_and_many_windows_only_a_part_is_looked_at(model, windows):
    many = windows.repeat(50, 1)
    few = head_row(model, many, step=0, bounds=Bounds(longest_window=12, most_tokens=12))
    assert few == head_row(model, windows[:1, :12], step=0)
    one = head_row(model, many, step=0, bounds=Bounds(most_bytes=1))
    assert one == head_row(model, windows[:1], step=0)


def test_where_nothing_comes_twice_there_is_nothing_to_say(model, build_tiny):
    assert head_row(model, torch.arange(16)[None], step=0) is None
    assert head_row(model, torch.zeros(1, 8, dtype=torch.long), step=0) is None
    bigram = build_tiny(BigramConfig(context_length=16)).eval()
    assert head_row(bigram, torch.zeros(1, 16, dtype=torch.long), step=0) is None


@pytest.mark.parametrize("wanted", [True, False])
def test_a_run_follows_its_heads_where_that_is_asked_for(store, tiny, wanted):
    config = tiny.changed({"model.context_length": 16, "logging.head_shares": wanted})
    run = store.create(config, name="heads")
    recorder = Recorder(run=run, config=config, prepared=prepare_training(run, config, World()))
    for step, loss in ((0, 3.0), (1, None), (4, 2.5)):
        recorder.record(
            StepReport(
                step=step, train_loss=3.0, validation_loss=loss, learning_rate=1e-3,
                gradient_norm=1.0, tokens_seen=step,
            )
        )  # fmt: skip
    assert [line["step"] for line in run.lines("heads")] == ([0, 4] if wanted else [])


def test_what_is_measured_changes_nothing_of_the_training(store, tiny):
    weights = []
    for wanted in (True, False):
        config = tiny.changed({"model.context_length": 16, "logging.head_shares": wanted})
        run = store.create(config, name="heads")
        prepared = prepare_training(run, config, World())
        recorder = Recorder(run=run, config=config, prepared=prepared)
        for report in prepared.trainer.reports():
            recorder.record(report)
        weights.append(prepared.model.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize("order", [1, 3])
def test_an_exit_tells_what_a_table_of_n_grams_is_worth(store, tiny, order):
    config = tiny.changed({"model.ngram_order": order, "model.ngram_rows": 50})
    run = store.create(config, name="table")
    prepared = prepare_training(run, config, World())
    recorder = Recorder(run=run, config=config, prepared=prepared)
    for report in prepared.trainer.reports():
        recorder.record(report)
    end = recorder.finish("finished")
    losses = (end.loss_whole, end.loss_without_heads, end.loss_without_table)
    if order == 1:
        assert (end.table_parameters, *losses) == (None, None, None, None)
        return
    assert end.table_parameters == 2 * 50 * 16
    windows = prepared.windows
    expected = part_losses(prepared.model, windows.inputs, windows.targets)
    assert losses == pytest.approx(
        (expected.whole, expected.without_heads, expected.without_table), abs=1e-5
    )
    assert len(set(losses)) == 3
