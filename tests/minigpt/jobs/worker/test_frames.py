"""What is kept of every head's attention while a model trains."""

import itertools
import json

import numpy as np
import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.jobs.worker import frames
from minigpt.jobs.worker.frames import choose_probe, frame_steps, longest_probe
from minigpt.jobs.worker.recorder import Recorder
from minigpt.jobs.worker.setup import prepare_training
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.runs.attention.film import film_frame
from minigpt.runs.config import LoggingConfig
from minigpt.runs.directory import forget_after
from minigpt.tokenizers import CharacterTokenizer
from minigpt.training.distributed import World
from minigpt.training.progress import StepReport

SHAPE = GPTConfig(context_length=16, width=16, num_layers=2, num_heads=2)
TEXT = "of it.\nthe road\nto the sea\nand back\n"


@pytest.fixture
def tokenizer():
    return CharacterTokenizer.train(TEXT)


@pytest.fixture
def stream(tokenizer):
    return torch.tensor(tokenizer.encode(TEXT))


def report(step, *, loss=None, ending=None):
    return StepReport(
        step=step, train_loss=3.0, validation_loss=loss, learning_rate=1e-3, gradient_norm=1.0,
        tokens_seen=step, ending=ending,
    )  # fmt: skip


def train(store, config):
    run = store.create(config, name="film")
    prepared = prepare_training(run, config, World())
    recorder = Recorder(run=run, config=config, prepared=prepared)
    for one in prepared.trainer.reports():
        recorder.record(one)
    recorder.finish("finished")
    return run, prepared


def test_a_frame_has_the_weights_of_every_head_to_a_255th(build_tiny):
    model = build_tiny(SHAPE).eval()
    ids = tuple(range(9))
    frame = film_frame(model, ids, step=7)
    weights = trace(model, torch.tensor([ids])).attention[0].numpy()
    cells = np.frombuffer(frame.cells, np.uint8).reshape(2, 2, -1)
    assert (frame.step, frame.layers, frame.heads, frame.ids) == (7, 2, 2, ids)
    assert np.abs(weights[..., *np.tril_indices(9)] - cells / 255).max() <= 0.5 / 255 + 1e-6


def test_the_text_is_the_first_whole_lines_of_what_the_model_is_judged_by(
    build_tiny, tokenizer, stream
):
    wide = build_tiny(GPTConfig(context_length=64, width=16, num_layers=1, num_heads=2))
    narrow = build_tiny(GPTConfig(context_length=5, width=16, num_layers=1, num_heads=2))
    texts = [
        tokenizer.decode(choose_probe(model, tokenizer, stream, LoggingConfig()).ids)
        for model in (wide, build_tiny(SHAPE), narrow)
    ]
    assert texts == ["the road\nto the sea", "the road", "the"]


def test_another_text_can_be_asked_for_and_what_is_not_kept_of_it_is_told(
    build_tiny, tokenizer, stream
):
    def chosen(text):
        probe = choose_probe(
            build_tiny(SHAPE), tokenizer, stream, LoggingConfig(attention_text=text)
        )
        return tokenizer.decode(probe.ids), [str(note) for note in probe.notes]

    assert chosen("the sea") == ("the sea", [])
    text, notes = chosen("the Zea")
    assert text == "the ea"
    assert "cannot read" in notes[0]
    text, notes = chosen("the road to the sea")
    assert text == "the road to the "
    assert "16 tokens" in notes[0]
    assert chosen("XYZ") == (
        "",
        ["The model can read nothing of the text of the film, so none is kept"],
    )


@pytest.mark.parametrize("wanted", [LoggingConfig(attention_frames=0), LoggingConfig()])
def test_without_heads_or_without_frames_there_is_no_text(build_tiny, tokenizer, stream, wanted):
    shape = SHAPE if not wanted.attention_frames else BigramConfig(context_length=16)
    assert choose_probe(build_tiny(shape), tokenizer, stream, wanted).ids == ()


def test_the_more_heads_and_frames_the_shorter_the_text(build_tiny):
    big = GPTConfig(context_length=64, width=24, num_layers=8, num_heads=12)
    lengths = [longest_probe(build_tiny(big), count) for count in (1, 60, 200)]
    assert lengths == sorted(lengths, reverse=True)
    for length, count in zip(lengths, (1, 60, 200), strict=True):
        size = 96 * length * (length + 1) // 2
        assert size <= frames.MOST_FRAME_BYTES
        assert size * count <= frames.MOST_FILM_BYTES


@pytest.mark.parametrize("last", [1, 5, 59, 60, 100, 540, 5000, 1_000_000])
@pytest.mark.parametrize("most", [2, 60, 200])
def test_frames_lie_dense_at_first_then_ever_further_apart(last, most):
    steps = sorted(frame_steps(last, most, ()))
    assert steps[0] == 0
    assert steps[-1] == last
    assert len(steps) <= max(2, most)
    if last >= most > 2:
        assert len(steps) > 0.85 * most
        gaps = [after - before for before, after in itertools.pairwise(steps)]
        assert gaps[0] == 1
        assert sum(gaps[-10:]) >= sum(gaps[:10])


def test_steps_whose_weights_are_kept_are_among_the_frames():
    kept = {0, 3, 77, 540}
    assert kept <= frame_steps(540, 60, kept)
    assert len(frame_steps(540, 60, kept)) <= 60
    assert frame_steps(540, 0, kept) == frozenset()
    assert len(frame_steps(540, 3, kept)) <= 3


def test_a_training_leaves_its_frames(store, tiny):
    run, prepared = train(store, tiny)
    rows = list(run.frame_rows())
    assert [row.step for row in rows] == list(range(13))
    assert {row.ids for row in rows} == {prepared.probe.ids}
    assert rows[-1] == film_frame(prepared.model.eval(), prepared.probe.ids, step=12)
    assert rows[0].cells != rows[-1].cells


def test_a_training_that_ends_between_two_frames_leaves_one_of_its_end(store, tiny):
    config = tiny.changed({"training.steps": 1000, "logging.attention_frames": 4})
    run = store.create(config, name="film")
    recorder = Recorder(run=run, config=config, prepared=prepare_training(run, config, World()))
    for step in range(3):
        recorder.record(report(step))
    recorder.record(report(777))
    recorder.finish("stopped")
    recorder.finish("stopped")
    assert [row.step for row in run.frame_rows()][-1] == 777
    assert len({row.step for row in run.frame_rows()}) == len(list(run.frame_rows()))


def test_what_is_kept_changes_nothing_of_the_training(store, tiny):
    found = []
    for count in (0, 60):
        run, prepared = train(store, tiny.changed({"logging.attention_frames": count}))
        losses = [(row.step, row.train_loss, row.validation_loss) for row in run.metric_rows()]
        found.append((losses, prepared.model.state_dict()))
        assert bool(list(run.frame_rows())) == bool(count)
    assert found[0][0] == found[1][0]
    assert all(torch.equal(found[0][1][name], found[1][1][name]) for name in found[0][1])


def test_damaged_lines_cost_only_themselves(store, tiny):
    run, _prepared = train(store, tiny)
    good = run.frames.read_bytes().splitlines(keepends=True)
    run.frames.write_bytes(b"".join([good[0], b"{\n", good[1][:40] + b"\n", good[2], good[3][:50]]))
    assert [row.step for row in run.frame_rows()] == [0, 2]


def test_going_on_from_an_earlier_step_films_the_later_ones_anew(store, tiny):
    run, _prepared = train(store, tiny)
    forget_after(run, 4)
    assert [row.step for row in run.frame_rows()] == list(range(5))
    assert all(json.loads(line) for line in run.frames.read_text().splitlines())
