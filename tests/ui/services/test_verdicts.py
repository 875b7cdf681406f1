import time

import pytest

from minigpt.runs.records import MetricRow
from minigpt.runs.records import rows as records_of_rows
from tests.ui.harness import DONE, made_run
from ui.services.runs import store
from ui.services.verdicts import verdict


@pytest.fixture
def parsed(monkeypatch):
    """The steps of all lines of metrics that were made sense of."""
    steps, from_json = [], MetricRow.from_json
    monkeypatch.setattr(
        records_of_rows.MetricRow,
        "from_json",
        lambda values: steps.append(values["step"]) or from_json(values),
    )
    return steps


def judged(run, step, loss):
    run.append("metrics", MetricRow(step=step, validation_loss=loss).to_json())


def test_what_a_run_wrote_before_is_not_read_again_while_it_trains(parsed):
    run = made_run(steps=(), state=DONE | {"phase": "training", "step": 10}, end=None)
    run.write("launch", {"at": time.time() - 10})
    run.metrics.write_text("")
    with run.lock():
        judged(run, 0, 4.0)
        judged(run, 10, 3.0)
        assert verdict(store().summarise(run)).last == (10, 3.0)
        judged(run, 20, 2.0)
        now = verdict(store().summarise(run))
    assert now.last == now.best == (20, 2.0)
    assert parsed == [0, 10, 20]
