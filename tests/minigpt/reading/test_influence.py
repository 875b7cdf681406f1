import numpy as np
import pytest
import torch

from minigpt.errors import CorpusError
from minigpt.jobs.twins import twins_of
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.reading.influence import Influence, influence, readings_of_passage
from minigpt.reading.log import ReadingLog, history
from minigpt.reading.places import places_of
from minigpt.reading.training_text import training_text
from minigpt.runs.trained_model import open_model

LAST = 40


@pytest.fixture
def trained_twins(store, tiny):
    config = tiny.changed({
        "training.steps": LAST, "training.batch_size": 32, "training.learning_rate": 0.02,
        "logging.sample_tokens": 0,
    })  # fmt: skip
    text = config.corpus.load().training_text
    passage = text.splitlines()[2]
    twins = twins_of(config, passage)
    runs = []
    for one in (config, twins.without, twins.other_seed):
        run = store.create(one, name="twin")
        run.write("exit", train_run(run, Requests(run)).to_json())
        runs.append(run)
    return passage, runs


def test_a_twin_that_never_read_a_passage_is_surprised_by_it(trained_twins, store):
    passage, runs = trained_twins
    own, without, other = (open_model(run, step=LAST) for run in runs)
    training = training_text(runs[0], own.tokenizer)
    past = history(runs[0], store, step=LAST)
    log = ReadingLog(past, total_tokens=training.total_tokens)
    readings = readings_of_passage(training, log, passage)
    assert readings  # else the twin would be the same model
    found = influence(own, without, other, training, passage)
    assert found.places == training.text.count(passage)
    assert found.own != found.without != found.other_seed
    # The twin began alike and drew the same batches.
    start = (open_model(run, step=0).model.state_dict() for run in runs[:2])
    one, twin = start
    assert all(torch.equal(one[name], twin[name]) for name in one)


def test_a_letter_that_stands_everywhere_is_looked_for_once(trained_twins, store, monkeypatch):
    _, runs = trained_twins
    own = open_model(runs[0], step=LAST)
    training = training_text(runs[0], own.tokenizer)
    past = history(runs[0], store, step=LAST)
    log = ReadingLog(past, total_tokens=training.total_tokens)
    for passage in ("e", "the ", training.text[:3]):
        each = [
            log.readings(*training.tokens_of(at, at + len(passage)))
            for at in places_of(passage, training.text)
        ]
        steps = sorted({one.step for readings in each for one in readings})
        whole = {one.step for readings in each for one in readings if one.whole}
        found = readings_of_passage(training, log, passage)
        assert [one.step for one in found] == steps
        assert {one.step for one in found if one.whole} == whole
        assert all(one.whole + one.part <= 32 for one in found)  # a window counts once
    # Nobody waits for one look through all windows a place: there may be a hundred thousand.
    monkeypatch.setattr(ReadingLog, "readings", None)
    assert readings_of_passage(training, log, "e")


def test_a_passage_that_is_not_there_has_no_influence(trained_twins, store):
    _, runs = trained_twins
    own = open_model(runs[0], step=LAST)
    training = training_text(runs[0], own.tokenizer)
    with pytest.raises(CorpusError, match="is not in the training text"):
        influence(own, own, own, training, "qqq")


def test_what_is_said_depends_on_what_chance_does():
    sure = Influence(own=1.0, without=1.8, other_seed=1.1, places=3)
    assert sure.effect == pytest.approx(0.8)
    assert sure.noise == pytest.approx(0.1)
    assert "in up to 8 of 100 such comparisons" in sure.in_words()
    unsure = Influence(own=1.0, without=1.05, other_seed=0.9, places=3)
    assert "cannot be told from chance" in unsure.in_words()
    certain = Influence(own=1.0, without=1.5, other_seed=1.0, places=3)
    assert "in up to 1 of 100" in certain.in_words(), "what never happens has not been shown"


@pytest.mark.parametrize("times", [1.0, 3.0, 8.0])
def test_how_often_chance_alone_goes_as_far_is_what_drawing_finds(times):
    found = Influence(own=1.0, without=1.0 - 0.1 * times, other_seed=1.1, places=3)
    change, noise = np.random.default_rng(3).standard_normal((2, 200_000))
    drawn = (np.abs(change) > times * np.abs(noise)).mean()
    assert found.chance == pytest.approx(drawn, abs=0.005)
