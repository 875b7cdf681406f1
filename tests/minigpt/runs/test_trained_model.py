import dataclasses
import shutil

import pytest
import tokenizers
import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import CheckpointError, ConfigurationError, RunError
from minigpt.files import write_json
from minigpt.runs.directory import RunDirectory, choose_checkpoint
from minigpt.runs.trained_model import generate_text, open_model
from minigpt.tokenizers import TOKENIZERS
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.imported import ImportedTokenizer


@pytest.fixture
def copy(trained, tmp_path):
    """A trained run that a test may damage."""
    return RunDirectory(shutil.copytree(trained.path, tmp_path / "copy"))


def list_as_saved(run, losses):
    """Make the manifest list these steps with these losses."""
    entry = {"file": "x", "bytes": 1, "sha256": "x"}
    entries = [{**entry, "step": step, "validation_loss": loss} for step, loss in losses.items()]
    run.weights.mkdir()
    write_json(run.weights / "latest.json", {"version": 1, "checkpoints": entries})


def test_the_best_step_is_opened_unless_another_is_asked_for(trained):
    opened = open_model(trained)
    assert opened.checkpoint.step == trained.read("exit")["best_step"]
    assert open_model(trained, step=0).checkpoint.step == 0


def test_an_opened_model_is_ready_to_read(trained):
    opened = open_model(trained)
    assert not opened.model.training
    tokens = torch.tensor([opened.tokenizer.encode("hello")])
    assert opened.model(tokens).shape == (1, 5, opened.tokenizer.vocabulary_size)


def test_another_step_has_other_weights(trained):
    first, last = (open_model(trained, step=step).model for step in (0, 12))
    pairs = zip(first.parameters(), last.parameters(), strict=True)
    assert not all(torch.equal(one, other) for one, other in pairs)


def test_a_step_that_was_not_saved_is_refused_with_those_that_were(trained):
    saved = ", ".join(str(checkpoint.step) for checkpoint in list_checkpoints(trained.weights))
    with pytest.raises(RunError, match=f"Nothing was saved at step 5. Saved steps: {saved}"):
        open_model(trained, step=5)


def test_a_run_that_has_saved_nothing_says_so(run):
    with pytest.raises(RunError, match="saved no weights yet"):
        open_model(run)


def test_the_lowest_loss_wins_even_if_it_is_zero(run):
    list_as_saved(run, {0: 3.0, 5: 0.0, 9: None, 10: 0.5})
    assert choose_checkpoint(run, None).step == 5


def test_without_any_evaluation_the_last_step_is_opened(run):
    list_as_saved(run, {0: None, 5: None})
    assert choose_checkpoint(run, None).step == 5


def test_damaged_weights_are_refused(copy):
    file = copy.weights / choose_checkpoint(copy, None).file
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="damaged"):
        open_model(copy)
    assert open_model(copy, step=0).checkpoint.step == 0


def test_a_run_without_its_tokenizer_is_refused(copy):
    (copy.path / "tokenizer.json").unlink()
    with pytest.raises(RunError, match="no tokenizer"):
        open_model(copy)


@pytest.mark.parametrize(("kind", "expected"), [("word", " ben"), ("character", "ben")])
def test_a_continuation_keeps_the_space_that_only_its_prompt_implies(trained, kind, expected):
    tokenizer = TOKENIZERS[kind].train("hello ben\nhello anna\n")
    opened = dataclasses.replace(open_model(trained), tokenizer=tokenizer)
    prompt, drawn = tokenizer.encode("hello"), tokenizer.encode("ben")
    assert opened.continuation(prompt, drawn) == expected


HARD_TO_CUT = "“The king, the queen” — naïve: 日本語 🙂🙃!\n  A cat's (cat) 3,000 times.\n" * 3


def with_tokenizer(run, tokenizer):
    return dataclasses.replace(open_model(run), tokenizer=tokenizer)


@pytest.mark.parametrize("kind", ["character", "word", "byte", "bpe", "unigram"])
def test_what_follows_a_long_prompt_reads_as_after_all_of_it(trained, kind):
    tokenizer = TOKENIZERS[kind].train(HARD_TO_CUT)
    model = with_tokenizer(trained, tokenizer)
    draws = torch.Generator().manual_seed(0)
    for _attempt in range(50):  # also where the parts of a character stand alone
        ids = torch.randint(tokenizer.vocabulary_size, (300,), generator=draws).tolist()
        prompt, drawn = ids[:280], ids[280:]
        expected = tokenizer.decode(ids)[len(tokenizer.decode(prompt)) :]
        assert model.continuation(prompt, drawn) == expected


class FewIds(CharacterTokenizer):
    def decode(self, ids):
        assert len(ids) < 200, "the whole prompt is decoded"
        return super().decode(ids)


def test_of_a_long_prompt_the_end_is_decoded(trained):
    known = with_tokenizer(trained, FewIds(open_model(trained).tokenizer.vocabulary))
    prompt = "a" * 10_000
    written = generate_text(known, prompt, tokens=3, stop=["\u0436"])
    assert written.startswith(prompt)
    assert len(written) == len(prompt) + 3


def test_an_empty_prompt_is_a_line_break_and_the_id_that_lectures_begin_with():
    lecture = CharacterTokenizer.train("First Citizen:\nBefore we proceed any further")
    assert lecture.line_break() == [0]


def test_without_a_prompt_a_text_begins_after_a_line_break(trained):
    opened = open_model(trained)
    assert opened.prompt_ids("") == opened.prompt_ids("\n") == opened.tokenizer.line_break() != []
    begun = generate_text(opened, "", tokens=20)
    assert "\n" + begun == generate_text(opened, "\n", tokens=20)
    assert "after a line break" in opened.beginning_note("")
    assert opened.beginning_note("\n") is opened.beginning_note("hello") is None


def test_where_there_is_no_line_break_a_text_begins_after_the_end_of_another(trained):
    words = tokenizers.models.WordLevel({"hello": 0, "<|endoftext|>": 1}, "<|endoftext|>")
    library = tokenizers.Tokenizer(words)
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    opened = with_tokenizer(trained, ImportedTokenizer(library.to_str()))
    assert opened.prompt_ids("") == [1]
    assert "after <|endoftext|>" in opened.beginning_note("")


def test_where_there_is_neither_an_empty_prompt_is_refused(trained):
    opened = with_tokenizer(trained, CharacterTokenizer.train("abc"))
    assert opened.prompt_ids("") == []
    assert opened.beginning_note("") is None
    with pytest.raises(ConfigurationError, match="The prompt is empty"):
        generate_text(opened, "")
