import json

import pytest
import torch

from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.errors import ConfigurationError, TokenizerError
from minigpt.runs.analysis.inside.swap import (
    as_json,
    as_table,
    other_text,
    other_texts,
    swaps,
    written_after,
)
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model

FIRST, SECOND = "the king is here", "the kind is here"
COPIED = "XYZABCDEFXYZ"


@pytest.fixture(scope="module")
def copying():
    return open_model(RunStore(PROJECT_FOLDER / "checkpoints").open("demo-copying"))


@pytest.fixture(scope="module")
def demo():
    return open_model(RunStore(PROJECT_FOLDER / "checkpoints").open("demo-shakespeare"))


def test_texts_of_unequal_length_are_refused_with_both_lengths(demo):
    with pytest.raises(ConfigurationError, match="16 tokens and the second 17"):
        swaps(demo, FIRST, FIRST + "!")


def test_a_text_that_the_model_cannot_read_is_refused(demo):
    with pytest.raises(TokenizerError):
        swaps(demo, FIRST, "the king is her%")


def test_an_answer_is_one_token(demo):
    with pytest.raises(ConfigurationError, match="'st' is 2 tokens"):
        swaps(demo, FIRST, SECOND, answers=("st", "a"))


def test_answers_are_taken_as_they_are_given(demo):
    made = swaps(demo, FIRST, SECOND, answers=("a", "e"))
    assert made.answers == ["a", "e"]


def test_what_is_read_where_the_texts_differ_decides_what_follows(copying):
    """In a model that copies, the token after the first copy reaches the end of the second."""
    made = swaps(copying, COPIED, COPIED.replace("A", "q", 1))
    assert made.answers == ["A", "q"]
    assert made.moved[0, 3] == pytest.approx(1, abs=1e-3)
    # After one layer it still lies where it was read; after the last, it has arrived.
    assert made.moved[1].argmax() == 3
    assert made.moved[2].argmax() == len(COPIED) - 1


def test_the_head_that_copies_brings_the_whole_difference(copying):
    made = swaps(copying, COPIED, COPIED.replace("A", "q", 1))
    last, moved = len(COPIED) - 1, made.moved_by_head
    assert float(moved[1, 0, last]) == pytest.approx(1, abs=0.1)
    assert moved[1, 1].abs().max() < 0.1
    assert written_after(made, (1, 0, last), tokens=1) == ("A", "q", "A")
    assert written_after(made, (1, 1, last), tokens=1) == ("A", "q", "q")
    assert [line.split()[0] for line in as_table(made, by_head=True).splitlines()] == [
        "head", "1.1", "1.2", "2.1", "2.2",
    ]  # fmt: skip


def test_the_swapped_text_goes_on_like_the_first(copying):
    made = swaps(copying, COPIED, COPIED.replace("A", "q", 1))
    last = len(COPIED) - 1
    first, second, swapped = written_after(made, (2, last), tokens=1)
    assert (first, second, swapped) == ("A", "q", "A")
    first, second, unmoved = written_after(made, (0, 0), tokens=12)
    assert unmoved == second != first


def test_what_is_written_is_the_likeliest_by_a_pass_of_its_own(copying):
    made = swaps(copying, COPIED, COPIED.replace("A", "q", 1))
    model, length = copying.model, len(COPIED)
    texts = [*made.pair.tokens.tolist(), made.pair.tokens[1].tolist()]
    for _token in range(6):
        for row, text in enumerate(texts):
            with torch.inference_mode():
                residual = model.embed(torch.tensor([text]))
                for state, block in enumerate(model.attention_blocks()):
                    if row == 2 and state == 1:
                        residual = residual.clone()
                        residual[0, 3] = made.pair.streams[1][0, 3]
                    residual = block(residual)
                text.append(int(model.unembed(residual)[0, -1].argmax()))
    expected = tuple(copying.tokenizer.decode(text[length:]) for text in texts)
    assert written_after(made, (1, 3), tokens=6) == expected


def test_no_more_is_written_than_the_context_holds(copying):
    longest = copying.model.context_length
    text = (COPIED * 20)[: longest - 2]
    made = swaps(copying, text, text[:-1] + "q")
    assert [len(one) for one in written_after(made, (0, 0), tokens=50)] == [2, 2, 2]


def test_a_second_text_differs_in_one_token_that_matters(demo):
    other = other_text(demo, FIRST)
    assert len(other) == len(FIRST)
    assert sum(one != changed for one, changed in zip(FIRST, other, strict=True)) == 1
    assert swaps(demo, FIRST, other).moved.abs().max() > 0.5


def test_other_texts_change_letters_to_letters(demo):
    texts = other_texts(demo, FIRST, 6)
    assert texts
    for text in texts:
        assert (text[:6], text[7:]) == (FIRST[:6], FIRST[7:])
        assert text[6].isalpha()
        assert text[6] != FIRST[6]


def test_the_command_says_the_same_as_the_function(capsys, monkeypatch):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(PROJECT_FOLDER / "checkpoints"))
    arguments = ["swap", "demo-shakespeare", "--text", FIRST, "--other", SECOND]
    assert main([*arguments, "--json"]) == DONE
    said = json.loads(capsys.readouterr().out)
    opened = open_model(RunStore.default().open("demo-shakespeare"))
    expected = as_json(swaps(opened, FIRST, SECOND), run="demo-shakespeare")
    assert said.pop("moved") == [pytest.approx(row, abs=1e-4) for row in expected.pop("moved")]
    assert said.pop("logit_difference") == pytest.approx(expected.pop("logit_difference"))
    assert said == expected
    assert main(arguments) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["state", "embeddings", *["layer"] * 4]
    assert "g>d" in lines[0]
    assert main([*arguments, "--heads"]) == DONE
    assert capsys.readouterr().out.split()[0] == "head"
    assert main([*arguments[:-1], "too short"]) == BAD_ARGUMENTS
    assert "equally long" in capsys.readouterr().err
