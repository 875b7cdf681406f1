import json

import pytest
import torch

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.cli.main import DONE, main
from minigpt.corpora import add_text
from minigpt.errors import ConfigurationError
from minigpt.models.build import build_model
from minigpt.runs.analysis.head_report import (
    card_as_json,
    card_as_table,
    punctuation,
    report_card,
    untrained_model,
)
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers.character import CharacterTokenizer

TEXT = "the cat sat on the mat. the dog sat on the log.\n" * 60
STEPS = (0, 12)


def made(*, steps=STEPS, **changes):
    """A run whose weights are those of its seed at every step."""
    corpus = add_text("Cats", TEXT)
    small = {"corpus.name": corpus.name, "model.context_length": 16}
    if "model.rung" not in changes:
        small |= {"model.width": 16, "model.num_layers": 2, "model.num_heads": 2}
    config = RunConfig().changed(small | changes)
    run = RunStore.default().create(config, name="Cats")
    tokenizer = CharacterTokenizer.train(TEXT)
    run.write("tokenizer", tokenizer.to_dict())
    torch.manual_seed(config.seed)
    model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
    for step in steps:
        save_checkpoint(run.weights, model, step=step, validation_loss=None)
    run.write("exit", {"outcome": "finished"})
    return run


@pytest.mark.parametrize("steps", [(0, 12), (12,)])
def test_the_untrained_model_is_step_0_or_built_again_from_the_seed(steps):
    run = made(steps=steps)
    trained = open_model(run, step=12)
    before = torch.get_rng_state()
    untrained = untrained_model(run, trained)
    # Building draws numbers; whoever else draws some meanwhile shall not notice.
    assert steps[0] == 0 or torch.equal(torch.get_rng_state(), before)
    for name, weights in untrained.state_dict().items():
        assert torch.equal(weights, trained.model.state_dict()[name])


def test_punctuation_has_neither_letters_nor_white_space():
    tokenizer = CharacterTokenizer.train(TEXT)
    marks = punctuation(tokenizer)
    assert [tokenizer.vocabulary[index] for index in marks.nonzero().flatten().tolist()] == ["."]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model.rung": "bigram"}, "no attention"),
        ({"model.context_length": 8}, "reads 8 tokens at a time"),
    ],
)
def test_models_whose_heads_cannot_be_judged_are_refused(changes, words):
    run = made(**changes)
    with pytest.raises(ConfigurationError, match=words):
        report_card(run, open_model(run, step=12))


def test_every_number_of_the_card_is_in_its_json(capsys):
    run = made()
    assert main(["heads", run.id, "--windows", "6", "--json"]) == DONE
    said = json.loads(capsys.readouterr().out)
    card = report_card(run, open_model(run, step=12), windows=6)
    while not card.is_done:
        card.measure()
    assert said == json.loads(json.dumps(card_as_json(card, run=run.id, step=12)))
    assert (said["windows"], said["tokens_per_window"]) == (6, 16)
    assert [(one["layer"], one["head"]) for one in said["heads"]] == [
        (1, 1),
        (1, 2),
        (2, 1),
        (2, 2),
    ]
    effect = said["heads"][1]["effect"]
    assert effect["low"] <= effect["mean"] <= effect["high"]
    assert effect["mean"] == pytest.approx(float(card.effects.estimate.mean[0, 1]), abs=1e-6)


def test_without_json_there_is_a_line_for_each_head(capsys):
    run = made()
    assert main(["heads", run.id, "--windows", "4", "--mean"]) == DONE
    said = capsys.readouterr().out
    assert all(f"\n{place} " in said for place in ("1.1", "1.2", "2.1", "2.2"))
    assert "nats" in said.splitlines()[0]


def test_a_text_of_ones_own_is_judged_on_and_that_is_said(capsys):
    run = made()
    assert main(["heads", run.id, "--text", TEXT[:90], "--json"]) == DONE
    out, told = capsys.readouterr()
    assert json.loads(out)["text"] == "given"
    assert json.loads(out)["tokens_per_window"] == 16
    assert "on this text alone: 80 characters, 5 pieces of 16 tokens" in told.replace("\n", " ")
    assert main(["heads", run.id, run.id + "x", "--text", TEXT]) == 2
    assert "--text" in capsys.readouterr().err


def test_too_many_windows_are_refused(capsys):
    assert main(["heads", made().id, "--windows", "0"]) == 2
    assert "windows" in capsys.readouterr().err


def test_the_table_says_what_each_head_looks_at_most():
    run = made()
    card = report_card(run, open_model(run, step=12), windows=4)
    assert len(card_as_table(card).splitlines()) == 3 + 4
