import dataclasses
import json

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.circuits.neurons import activations_on
from minigpt.runs.analysis.inside import neurons
from minigpt.runs.analysis.inside.neurons import (
    from_record,
    require_few,
    sampled_windows,
    survey_run,
    write_neurons,
)
from minigpt.runs.analysis.inside.texts import training_sample
from minigpt.runs.records import NeuronsRecord
from minigpt.runs.trained_model import open_model


@pytest.fixture
def opened(trained):
    return open_model(trained)


def same(found, expected):
    assert torch.equal(found.windows, expected.windows)
    for one, other in zip(found.layers, expected.layers, strict=True):
        for field in dataclasses.fields(one):
            torch.testing.assert_close(getattr(one, field.name), getattr(other, field.name))


def test_a_worker_leaves_what_its_best_step_answers_to(trained, opened):
    record = trained.neurons()
    assert record.step == opened.checkpoint.step
    same(from_record(record, opened), survey_run(trained, opened))


def test_places_are_where_the_text_makes_neurons_strong(trained, opened):
    found = survey_run(trained, opened)
    stream = training_sample(trained, opened.tokenizer)
    assert torch.equal(found.windows[0], stream[: found.windows.shape[1]])
    every = activations_on(opened.model, found.windows)[0].flatten(0, 1)
    one = found.layers[0]
    torch.testing.assert_close(every[one.places[3], 3], one.strengths[3])


def test_what_is_of_other_weights_or_does_not_fit_is_not_believed(trained, opened):
    record = trained.neurons()
    for change in (
        {"sha256": "another"},
        {"neurons": record.neurons + 1},
        {"length": opened.model.context_length * 2},
        {"ids": b"\xff\xff\xff\x7f" * (len(record.ids) // 4)},
        {"places": b"\xff\xff\xff\xff" * (len(record.places) // 4)},
        {"active": b"\x00\x00\x00\x40" * (len(record.active) // 4)},  # twice all places
        {"by_token": b"\x00\x00\x80\xbf" * (len(record.active) // 4)},
    ):
        assert from_record(dataclasses.replace(record, **change), opened) is None


def test_numbers_that_are_none_count_as_nothing(trained, opened):
    record = trained.neurons()
    nan = b"\x00\x00\xc0\x7f" * (len(record.means) // 4)
    assert not from_record(dataclasses.replace(record, means=nan), opened).layers[0].means.any()


def test_the_file_says_what_it_said_and_a_damaged_one_says_nothing(trained):
    record = trained.neurons()
    values = json.loads(json.dumps(record.to_json()))
    assert NeuronsRecord.from_json(values) == record
    assert NeuronsRecord.from_json({**values, "by_token": None}).by_token is None
    for name, wrong in {
        "step": -1, "sha256": 3, "layers": 1000, "neurons": 10**9, "kept": 0, "length": 0,
        "ids": "", "places": "AAAA", "strengths": "no base64 é", "means": 1, "variances": None,
    }.items():  # fmt: skip
        assert NeuronsRecord.from_json({**values, name: wrong}) is None


def test_how_much_is_read_is_bounded(opened):
    length = opened.model.context_length
    windows = sampled_windows(opened.model, torch.arange(1000) % 5, fewest=3 * length, work=1)
    assert windows.shape == (3, length)
    assert windows[-1].tolist() == (torch.arange(1000) % 5)[-length:].tolist()
    assert len(sampled_windows(opened.model, torch.zeros(length, dtype=torch.long))) == 1


def test_too_many_neurons_are_refused_and_nothing_is_written(trained, opened, monkeypatch):
    monkeypatch.setattr(neurons, "MOST_NEURONS", 5)
    with pytest.raises(ConfigurationError, match="at most 5"):
        require_few(opened.model)
    before = (trained.path / "neurons.json").read_bytes()
    write_neurons(trained)
    assert (trained.path / "neurons.json").read_bytes() == before


def test_what_goes_wrong_while_looking_fails_no_finished_run(trained, opened, monkeypatch):
    def run_out_of_memory(model, windows):
        raise RuntimeError("not enough memory")

    before = (trained.path / "neurons.json").read_bytes()
    monkeypatch.setattr(neurons, "survey_neurons", run_out_of_memory)
    write_neurons(trained)
    assert (trained.path / "neurons.json").read_bytes() == before
