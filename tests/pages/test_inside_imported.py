"""A folder in GPT-2's form, made elsewhere, in every section of the page of the inside."""

import pytest

from tests.ui.harness import plain, said
from ui.screens.inside.sections import SECTIONS

TEXT = "To be, or not to be, that is the question"
NOT_HERE = "The text that this model learnt from is not on this computer"


def words_of(at):
    lists = (at.title, at.subheader, at.caption, at.markdown, at.error, at.info, at.warning)
    return " ".join(plain(one) for some in lists for one in said(some))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_speaks_of_tokens_and_never_of_letters(visit, imported, section):
    at = visit("inside", run=imported.id, text=TEXT, section=section)
    assert not at.exception
    words = words_of(at)
    assert "letter" not in words, words
    assert "vowel" not in words, words
    assert "no text called" not in words
    # Of all that needs the text one learns why it is not there, and of nothing else.
    needs_text = section in ("neurons", "training", "tables")
    assert (NOT_HERE in words) == needs_text, words
