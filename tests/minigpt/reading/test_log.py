import dataclasses

import pytest
import torch

from minigpt.errors import MiniGPTError
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.jobs.worker.setup import prepare_training
from minigpt.reading import log as module
from minigpt.reading.log import History, ReadingLog, Stretch, history, in_words
from minigpt.runs.warm_start import warm_start_config
from minigpt.training import step as steps
from minigpt.training.distributed import World

PLACE = (100, 106)


@pytest.fixture
def drawn(monkeypatch):
    """What trainings really draw: a list of windows a step, as they are cut from the stream."""
    batches = []
    really = steps.random_batch

    def random_batch(*arguments, **options):
        batch = really(*arguments, **options)
        batches.append(torch.cat([batch.inputs, batch.targets[:, -1:]], dim=1))
        return batch

    monkeypatch.setattr(steps, "random_batch", random_batch)
    return batches


def counted(batches, first, last):
    """What the log should say, by the places that are really in the batches."""
    wanted = set(range(first, last))
    found = {}
    for step, windows in enumerate(batches, start=1):
        inside = [len(wanted & set(row.tolist())) for row in windows]
        whole = sum(one == len(wanted) for one in inside)
        if any(inside):
            found[step] = (whole, sum(map(bool, inside)) - whole)
    return found


def read(run, store, *, step, first=PLACE[0], last=PLACE[1], total=None, **bounds):
    past = history(run, store, step=step)
    total = total or run.state().training_tokens
    found = ReadingLog(past, total_tokens=total, **bounds).readings(first, last)
    return [(one.run, one.step, one.whole, one.part) for one in found]


class DrawOnly:
    """A training in which nothing is learnt, only drawn: places are no tokens of its model."""

    def __init__(self, prepared, config, seed, world=None):
        model = prepared.model
        stepper = steps.Stepper(model, config, steps.ComputeConfig(), seed=seed, world=World())
        if world:
            stepper._world = world
        tokens = torch.arange(len(prepared.trainer._tokens))
        self.step = lambda step: stepper._batch(tokens, step)


def test_it_says_what_was_really_drawn(store, tiny, drawn):
    config = tiny.changed({"training.steps": 60, "training.batch_size": 6})
    run = store.create(config, name="read")
    prepared = prepare_training(run, config, World())
    training = DrawOnly(prepared, config.training, config.seed)
    for step in range(1, 61):
        training.step(step)
    total = prepared.trainer.training_tokens
    for first, last in (PLACE, (0, 1), (0, 4), (total - 3, total), (50, 400)):
        expected = counted(drawn, first, last)
        found = read(run, store, step=60, first=first, last=last, total=total)
        assert {step: (whole, part) for _, step, whole, part in found} == expected
    assert counted(drawn, *PLACE)  # else nothing was tried


def test_a_training_itself_draws_these_batches(store, tiny, drawn, monkeypatch):
    run = store.create(tiny, name="read")
    run.write("exit", train_run(run, Requests(run)).to_json())
    assert len(drawn) == 12
    tokens = torch.tensor(run.tokenizer().encode(tiny.corpus.load().training_text))
    log = ReadingLog(history(run, store, step=12), total_tokens=len(tokens))
    (starts,) = log._starts
    for windows, row in zip(drawn, starts, strict=True):
        length = tiny.model.context_length + 1
        assert windows.tolist() == [tokens[start : start + length].tolist() for start in row]


def test_pieces_and_processes_change_nothing(store, tiny, drawn):
    config = tiny.changed({"training.batch_size": 8, "training.gradient_accumulation": 2})
    run = store.create(config, name="read")
    prepared = prepare_training(run, config, World())
    total = prepared.trainer.training_tokens
    for rank in range(2):
        training = DrawOnly(prepared, config.training, config.seed, World(rank=rank, size=2))
        for step in range(1, 13):
            training.step(step)
    assert all(map(torch.equal, drawn[:12], drawn[12:]))  # each takes its rows of the same batch
    found = read(run, store, step=12, total=total)
    assert {step: (whole, part) for _, step, whole, part in found} == counted(drawn[:12], *PLACE)


def test_a_model_has_read_what_was_drawn_until_its_step(trained, store):
    run = trained
    until = [step for _, step, _, _ in read(run, store, step=12, first=0, last=10**6)]
    assert until == list(range(1, 13))
    assert [step for _, step, _, _ in read(run, store, step=5, first=0, last=10**6)] == until[:5]
    assert read(run, store, step=0) == []


@pytest.fixture
def parent(store, tiny):
    run = store.create(tiny, name="parent")
    run.write("exit", train_run(run, Requests(run)).to_json())
    return run


def test_a_fork_has_the_steps_of_the_run_it_comes_from(store, parent):
    changes = {"training.steps": 20, "seed": 5, "training.batch_size": 4}
    config = warm_start_config(parent, "fork", step=12, changes=changes)
    fork = store.create(config, name="fork")
    past = history(fork, store, step=20)
    assert [(one.run, one.first, one.last, one.seed) for one in past.stretches] == [
        (parent.id, 1, 12, parent.config().seed),
        (fork.id, 13, 20, 5),
    ]
    assert past.unknown == ()
    assert ReadingLog(past, total_tokens=2000).steps == 20


def test_fine_tuning_on_the_same_text_follows_all_other_steps(store, parent):
    tuned = store.create(warm_start_config(parent, "fine_tune", step=12, changes={}), name="tuned")
    past = history(tuned, store, step=3)
    assert [(one.run, one.first, one.last) for one in past.stretches] == [
        (parent.id, 1, 12),
        (tuned.id, 1, 3),
    ]


def test_what_cannot_be_known_is_said(store, parent):
    other = {"corpus.name": "addition", "corpus.sha256": ""}
    tuned = store.create(
        warm_start_config(parent, "fine_tune", step=12, changes=other), name="tuned"
    )
    past = history(tuned, store, step=3)
    assert [one.run for one in past.stretches] == [tuned.id]
    assert past.unknown == (f"the 12 steps of {parent.id}, which learnt from another text",)
    fork = store.create(
        warm_start_config(parent, "fork", step=12, changes={"training.steps": 20}), name="fork"
    )
    store.delete(parent.id)
    past = history(fork, store, step=20)
    assert [(one.run, one.first, one.last) for one in past.stretches] == [(fork.id, 13, 20)]
    assert past.unknown == (f"the 12 steps of {parent.id}, which is not here any more",)


def test_too_many_windows_are_refused(trained, store):
    with pytest.raises(MiniGPTError, match="24 windows of text"):
        read(trained, store, step=12, most_windows=10)


def test_too_many_steps_are_refused_however_small_their_batches(trained, store):
    with pytest.raises(MiniGPTError, match="trained for 12 steps"):
        read(trained, store, step=12, most_steps=11)
    assert read(trained, store, step=11, most_steps=11) is not None


def test_words_say_how_often_and_when():
    stretch = Stretch(run="r", first=1, last=50, seed=1, batch_size=2, context_length=8)
    past = History((stretch,))
    assert in_words([], past) == "This place was never read: it was in no batch of 50 steps."
    whole, part = module.Reading("r", 3, 1, 1), module.Reading("r", 9, 0, 1)
    assert in_words([whole, part, dataclasses.replace(whole, step=40)], past) == (
        "Of 50 steps, 2 had all of this place in their batch, the first at step 3, the last at "
        "step 40; 1 more had a part of it."
    )
    assert in_words([part], past) == (
        "None of 50 steps had all of this place in its batch; 1 had a part of it, the last at "
        "step 9."
    )
