"""A word that a model does not know is told on every page that takes text."""

import pytest

from tests.ui.harness import plain, said
from tests.ui.screens.inspect.looking import chosen_of
from ui.screens.inspect.overview import token_names

STORY = "".join(
    f"the keeper {word} the lamp at night\n" for word in ["lit", "saw", "fed", "hid", "cut"]
)


@pytest.mark.parametrize("page", ["attention", "generate"])
def test_a_word_that_the_model_does_not_know_is_told_and_marked(page, visit):
    chosen = chosen_of(STORY * 30, tokenizer="word")
    text = "the keeper painted the lamp"
    at = visit(page, run=chosen.run_id, text=text, prompt=text)
    [note] = said(at.warning)
    assert "“painted”" in plain(note)
    assert "<unk>" in plain(note)
    if page == "attention":
        names = token_names(chosen.trained.tokenizer, text)
        assert names[2] == "<unk> painted"
        assert len(names) == len(chosen.trained.tokenizer.encode(text))
    known = visit(page, run=chosen.run_id, text="the lamp", prompt="the lamp")
    assert not known.warning
    assert not at.exception
