import json

import pytest

from minigpt.cli.main import BAD_ARGUMENTS, main
from minigpt.runs.store import RunStore


@pytest.fixture
def run(trained, monkeypatch):
    """A run of which nothing is changed."""
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(trained.path.parent))
    return RunStore.default().open(trained.id)


def said(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments]) == 0
    return capsys.readouterr().out


def answered(capsys, *arguments):
    return json.loads(said(capsys, *arguments, "--json"))


def test_evaluate_says_what_the_run_recorded(run, capsys):
    own = answered(capsys, "evaluate", run.id)
    recorded = {row.step: row.validation_loss for row in run.metric_rows()}
    assert own["loss"] == pytest.approx(recorded[own["step"]], rel=1e-9)
    assert f"loss {own['loss']:.4f} nats per token" in said(capsys, "evaluate", run.id)
    first = answered(capsys, "evaluate", run.id, "--step", "0")
    assert first["loss"] == pytest.approx(recorded[0], rel=1e-9)


def test_evaluate_takes_a_file(run, capsys, tmp_path):
    file = tmp_path / "mine.txt"
    file.write_text(run.config().corpus.load().validation_text, encoding="utf-8")
    own, from_file = (
        answered(capsys, "evaluate", run.id, *more) for more in ([], ["--file", str(file)])
    )
    assert from_file == own | {"file": str(file)}
    assert main(["evaluate", run.id, "--file", str(tmp_path / "gone.txt")]) == BAD_ARGUMENTS
    assert "There is no file" in capsys.readouterr().err


def test_surprise_adds_up(run, capsys):
    found = answered(capsys, "surprise", run.id, "--text", "the road")
    assert "".join(token["text"] for token in found["tokens"]) == "the road"
    assert sum(token["bits"] for token in found["tokens"]) == pytest.approx(found["bits"], abs=1e-4)
    assert found["bits_per_character"] == pytest.approx(found["bits"] / 8)
    assert [line["run_length"] for line in found["counting"]] == list(range(7))
    assert sum(one["came"] for one in found["reliability"]) == 8


def test_a_second_model_reads_the_same_text(run, capsys):
    found = answered(capsys, "surprise", run.id, "--text", "the road", "--beside", run.id)
    assert found["beside"]["bits"] == found["bits"]
    assert [piece["text"] for piece in found["compared"]] == list("the road")
    assert all(first == second for first, second in (one["bits"] for one in found["compared"]))


def test_people_read_a_table(run, capsys):
    assert main(["surprise", run.id, "--text", "the § road", "--beside", run.id]) == 0
    table, status = capsys.readouterr()
    assert "cannot read 1 of these 10 characters" in status
    assert "      -  '§'" in table
    assert "bits per character:" in table
    assert "sequences of 2 tokens, counted" in table


def test_nothing_is_counted_where_the_text_is_gone(run, capsys, tmp_path, monkeypatch):
    config = run.config().changed({"corpus.sha256": "0" * 64})
    monkeypatch.setattr("minigpt.runs.directory.RunDirectory.config", lambda _: config)
    assert answered(capsys, "surprise", run.id, "--text", "the")["counting"] is None


def test_overlap_finds_a_copied_text_and_when_it_was_read(run, capsys):
    source = run.config().corpus.load().training_text
    found = answered(capsys, "overlap", run.id, "--text", source[300:380])
    assert (found["share"], found["searched_all"]) == (1.0, True)
    (span,) = found["spans"]
    assert source[span["first_places"][0] :].startswith(span["text"])
    assert found["log"] == {"steps": found["step"], "not_known": []}
    assert span["steps_that_read_the_first_place"] == []  # longer than a window of 8 characters
    assert set(span["steps_that_read_a_part_of_it"]) <= set(range(1, found["step"] + 1))
    vote = found["vote"][0]
    assert vote["followed"][0]["token"] == source[source.index(vote["context"]) + 80]


def test_overlap_answers_in_a_sentence(run, capsys):
    source = run.config().corpus.load().training_text
    text = said(capsys, "overlap", run.id, "--text", source[300:340] + "qqqqqqqqqq")
    assert text.startswith("80 % of this text stands word for word in the training text, in pieces")
    assert "40 characters from 0, in" in text
    assert main(["overlap", run.id, "--text", "the", "--least", "1"]) == BAD_ARGUMENTS
