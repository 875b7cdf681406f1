import json

import pytest

from minigpt.cli.generation import OF_A_DRAW
from minigpt.cli.main import main
from minigpt.cli.parser import build_parser
from minigpt.runs.store import RunStore


@pytest.fixture
def run(trained, monkeypatch):
    """A run of which nothing is changed."""
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(trained.path.parent))
    return RunStore.default().open(trained.id)


@pytest.fixture
def prompt(run):
    return run.tokenizer().decode([1, 2, 3])


def said(capsys, *arguments):
    assert main(["generate", *arguments]) == 0
    return capsys.readouterr().out


def answered(capsys, *arguments):
    return json.loads(said(capsys, *arguments, "--json"))


def test_samples_are_the_texts_of_as_many_seeds(run, prompt, capsys):
    settings = [run.id, "--prompt", prompt, "--tokens", "12"]
    several = answered(capsys, *settings, "--seed", "4", "--samples", "3")
    alone = [answered(capsys, *settings, "--seed", seed) for seed in ("4", "5", "6")]
    assert several["texts"] == [one["texts"][0] for one in alone]
    assert [text["seed"] for text in several["texts"]] == [4, 5, 6]
    assert said(capsys, *settings, "--seed", "4", "--samples", "3") == (
        "\n---\n".join(prompt + text["text"] for text in several["texts"]) + "\n"
    )


def test_each_token_comes_with_its_odds_and_its_luck(run, prompt, capsys):
    settings = [run.id, "--prompt", prompt, "--tokens", "8", "--min-p", "0.01"]
    cold = answered(capsys, *settings, "--temperature", "0.3")
    hot = answered(capsys, *settings, "--temperature", "2")
    for one in (cold, hot):
        (text,) = one["texts"]
        assert len(text["tokens"]) == 8
        assert all(0 < token["probability"] <= 1 for token in text["tokens"])
    luck = [[token["uniform"] for token in one["texts"][0]["tokens"]] for one in (cold, hot)]
    assert luck[0] == luck[1]
    assert cold["run"] == run.id
    assert cold["sampling"]["min_p"] == 0.01


def test_a_text_ends_before_the_first_stop(run, prompt, capsys):
    settings = [run.id, "--prompt", prompt, "--tokens", "40", "--seed", "2"]
    whole = answered(capsys, *settings)["texts"][0]["text"]
    first, other = whole[5:7], whole[20]
    ended = answered(capsys, *settings, "--stop", first, "--stop", other)["texts"][0]
    assert ended["ended"]
    assert ended["text"] == whole[: min(whole.find(first), whole.find(other))]
    assert len(ended["tokens"]) < 40


def test_a_stop_that_never_comes_ends_nothing(run, prompt, capsys):
    settings = [run.id, "--prompt", prompt, "--tokens", "10"]
    plain = answered(capsys, *settings)["texts"][0]
    assert answered(capsys, *settings, "--stop", "\u2603")["texts"][0] == plain
    assert not plain["ended"]


def test_one_beam_is_greedy(run, prompt, capsys):
    settings = [run.id, "--prompt", prompt, "--tokens", "10"]
    assert said(capsys, *settings, "--beams", "1") == said(capsys, *settings, "--greedy")


def test_beams_come_likeliest_first(run, prompt, capsys):
    answer = answered(capsys, run.id, "--prompt", prompt, "--tokens", "6", "--beams", "4")
    odds = [text["log_probability"] for text in answer["texts"]]
    assert len(odds) == 4
    assert odds == sorted(odds, reverse=True)
    assert len({text["text"] for text in answer["texts"]}) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--samples", "0"], "samples is 0"),
        (["--samples", "65"], "samples is 65"),
        (["--samples", "2", "--beams", "2"], "draws none"),
        (["--beams", "65"], "beams is 65"),
        (["--beams", "2", "--temperature", "2", "--seed", "3"], "leave --temperature, --seed out"),
        (["--stop", ""], "A stop string is empty"),
        (["--min-p", "2"], "min-p is 2"),
        (["--repetition-penalty", "0.5"], "repetition-penalty is 0.5"),
    ],
)
def test_what_cannot_work_is_refused(run, prompt, arguments, words, capsys):
    assert main(["generate", run.id, "--prompt", prompt, *arguments]) == 2
    assert words in capsys.readouterr().err


def test_what_has_no_meaning_for_beams_is_known_by_its_usual_value():
    usual = build_parser().parse_args(["generate", "run", "--prompt", "x"])
    assert {name: getattr(usual, name) for name in OF_A_DRAW} == OF_A_DRAW
