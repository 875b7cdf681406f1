import re

import pytest

from minigpt.tokenizers import Piece
from minigpt.tokenizers.character import CharacterTokenizer
from tests.ui.harness import said, texts
from ui.screens.text.tokenizers import MOST_SHOWN, ids_in_words, tokens_as_html, tokens_summary

HOSTILE = "<script>alert('1')</script> & \"quotes\"\n"


def show(text):
    from minigpt.corpora import Corpus
    from ui.screens.text.tokenizers import show_playground

    show_playground(Corpus(name="tiny-shakespeare", title="Small", text=text))


def test_both_sides_show_their_tokens_and_count_them(draw):
    at = draw(show, text="the sea the sea\n" * 5)
    at.text_area[0].set_value("the sea").run()
    left, right = texts(at)
    assert len(left.split()) == len("the sea")
    assert len(right.split()) < len("the sea")
    captions = said(at.caption)
    assert any(words.startswith("7 tokens for 7 characters · 1.00") for words in captions)
    assert not at.exception


def test_a_link_chooses_the_tokenizers(draw):
    at = draw(show, text="abc " * 10, query={"tokenizer-left": "byte", "tokenizer-right": "word"})
    assert [box.value for box in at.selectbox] == ["byte", "word"]
    assert not at.exception


def test_unknown_characters_are_counted_and_have_no_number(draw):
    at = draw(show, text="abc " * 10)
    at.text_area[0].set_value("tea%").run()
    assert texts(at)[0].split()[-1] == "–"
    assert any("1 unknown, underlined" in words for words in said(at.caption))
    assert not at.exception


@pytest.mark.parametrize("text", ["", " ", HOSTILE])
def test_any_text_can_be_played_with(draw, text):
    at = draw(show, text="abc " * 10)
    at.text_area[0].set_value(text).run()
    assert not at.error
    assert not at.exception


def spans(html):
    return re.findall(r"<bdi class='(\w+)' title='([^']*)'>(.*?)</bdi>", html)


def test_tokens_become_html_that_holds_nothing_of_their_own():
    pieces = [Piece(index, character) for index, character in enumerate(HOSTILE)]
    html = tokens_as_html(pieces)
    assert "<script" not in html
    assert "alert('" not in html
    shown = [words for _, _, words in spans(html)]
    assert shown[0] == "&lt;"
    assert shown[-1] == "↵"
    assert len(shown) == len(HOSTILE)


def test_neighbours_differ_in_shade_and_a_line_break_breaks_the_line():
    html = tokens_as_html([Piece(1, "a"), Piece(2, "b\n"), Piece(None, "?", True)])
    assert spans(html) == [
        ("shade0", "token 1", "a"),
        ("shade1", "token 2", "b↵"),
        ("unknown", "unknown", "?"),
    ]
    assert html.count("<br>") == 1


def test_numbers_are_what_the_model_sees():
    assert ids_in_words([Piece(3, "a"), Piece(None, "?", True)]) == "3 –"


def test_the_summary_says_when_not_all_is_shown():
    tokenizer = CharacterTokenizer.train("ab")
    text = "ab" * MOST_SHOWN
    words = tokens_summary(tokenizer, text, tokenizer.pieces(text))
    assert "3,000 tokens for 3,000 characters" in words
    assert "2 kinds of token" in words
    assert f"the first {MOST_SHOWN:,} are shown" in words
    assert tokens_summary(tokenizer, "", []).startswith("0 tokens for 0 characters · 0.00")
