"""A text is shown and copied just as it is, whatever is in it."""

import pytest

from tests.ui.harness import texts
from ui.components.plain_text import as_html

TEXTS = [
    "The sea.",
    "",
    " ",
    "\n\n  two lines above, spaces here   and after  \n \n\tand a tab\n\n",
    "    all lines\n    begin\n    alike",
    "<b>&amp; &#10; <script>alert(1)</script></div><!-- \" ' -->",
    "**bold** _it_ $x$ `code` [a](http://x.y) :red[x] :material/home: ```\n",
    "\u200fright to left\u202e \ufeff \x1b[0m \x85 \x7f \x0c \N{GRINNING FACE}\u0301",
    'returns\r\nand \r nothing \0 </div>"\n',
]


def show(text):
    from ui.components.plain_text import plain_text

    plain_text(text)
    plain_text(text, tallest=240)


@pytest.mark.parametrize("text", TEXTS)
def test_every_character_is_shown_and_copied(draw, text):
    at = draw(show, text=text)
    assert texts(at) == [text, text]
    assert not at.exception


@pytest.mark.parametrize("text", TEXTS)
def test_what_html_cannot_say_is_only_copied(text):
    assert not {"\r", "\0"} & set(as_html(text))
    assert ("data-text" in as_html(text)) == bool({"\r", "\0"} & set(text))


def test_the_button_has_a_name_in_the_language_of_the_visitor(speak):
    assert 'aria-label="Copy"' in as_html("The sea.")
    speak("id")
    assert 'aria-label="Salin"' in as_html("The sea.")


def test_a_text_that_scrolls_can_be_reached_by_key():
    assert 'class="words" tabindex="0" role="group" aria-label="Text"' in as_html("a", 240)
    assert "tabindex" not in as_html("a")


def show_growing(lengths):
    import streamlit as st

    from ui.components.plain_text import plain_text

    place = st.empty()
    for length in lengths:
        plain_text("word " * length, place=place)


def test_a_text_grows_where_it_is(draw):
    assert texts(draw(show_growing, lengths=[1, 2, 3])) == ["word word word "]
