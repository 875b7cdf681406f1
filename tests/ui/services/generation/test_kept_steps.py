import time
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
import torch

from minigpt.introspection.known_since import ranks
from minigpt.runs.trained_model import open_model, write_texts
from minigpt.sampling.distribution import SamplingConfig
from tests.ui.harness import made_run
from ui.services.generation import kept_steps
from ui.services.generation.kept_steps import found_by_beams, ranks_by_step, sample_at_step
from ui.services.generation.writing import MOST_TEXTS_AT_ONCE, writers_of
from ui.services.models import trained_model


@pytest.mark.parametrize("step", [0, 20])
def test_what_is_drawn_is_what_the_model_of_that_step_writes(step):
    run, sampling = made_run(), SamplingConfig(temperature=0.9)
    (expected,) = write_texts(open_model(run, step=step), "ROMEO: ", sampling, tokens=15, seeds=[4])
    assert sample_at_step(run.id, step, "ROMEO: ", sampling, tokens=15, seed=4) == expected.tokens


def test_ranks_and_odds_are_those_of_each_step():
    run = made_run()
    ids = open_model(run, step=20).tokenizer.encode("ROMEO: To be")
    found, odds = ranks_by_step(run.id, [0, 20], ids)
    for place, step in enumerate([0, 20]):
        logits = open_model(run, step=step).model(torch.tensor([ids]))[0].detach()
        assert found[place].tolist() == ranks(logits, torch.tensor(ids)).tolist()
        came = logits.softmax(-1)[range(len(ids) - 1), ids[1:]]
        assert odds[place] == pytest.approx(came.numpy(), rel=1e-4)


def test_models_of_kept_steps_are_opened_one_after_the_other(monkeypatch):
    run, real, inside, most = made_run(), kept_steps.open_model, [], []
    ids = open_model(run, step=20).tokenizer.encode("ROMEO: To be")

    def watched(directory, *, step):
        inside.append(step)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()
        return real(directory, step=step)

    monkeypatch.setattr(kept_steps, "open_model", watched)
    with ThreadPoolExecutor(4) as pool:
        wait([pool.submit(ranks_by_step, run.id, [0, 20], ids[:size]) for size in (3, 4, 5, 6)])
    assert most == [1] * 8


def test_beams_wait_for_the_places_of_texts_that_are_written():
    run = made_run()
    turns = writers_of(trained_model(run.id, 20).model).turns
    ticket = turns.line_up(MOST_TEXTS_AT_ONCE)
    assert turns.before(ticket, 0) == 0
    with ThreadPoolExecutor() as pool:
        found = pool.submit(
            found_by_beams, run.id, 20, "ROMEO: ", beams=2, tokens=5, stop=(),
            length_normalisation=1.0,
        )  # fmt: skip
        assert not wait([found], timeout=0.5).done
        turns.leave(ticket)
        assert len(found.result(timeout=30)) == 2
    assert turns.is_idle
