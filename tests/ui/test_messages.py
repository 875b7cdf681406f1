import re
import string

from hypothesis import example, given
from hypothesis import strategies as st

from tests.ui.harness import links, plain, said
from ui.messages import escape

PUNCTUATION = re.escape(string.punctuation)
ESCAPED = re.compile(rf"\\([{PUNCTUATION}])")
HOSTILE = (
    "<script>alert(1)</script> **bold** _it_ `code` [link](http://x.y) $e=mc$ # :red[x] "
    ":material/home: &lt; 1. one\n==="
)


@given(st.text())
@example(HOSTILE)
@example("\\")
def test_escape_leaves_no_mark_that_markdown_would_act_on(text):
    escaped = escape(text)
    assert ESCAPED.sub(r"\1", escaped) == text
    assert not set(ESCAPED.sub("", escaped)) & set(string.punctuation)


def show_hostile_error(text):
    from minigpt.errors import MiniGPTError
    from ui import messages

    messages.show_error(MiniGPTError(text))


def test_an_error_shows_what_was_typed_as_it_was_typed(draw):
    at = draw(show_hostile_error, text=HOSTILE)
    assert said(at.error) == [escape(HOSTILE)]
    assert plain(at.error[0].value) == HOSTILE
    assert not at.exception


def fail_inside():
    import streamlit as st

    from minigpt.errors import RunError
    from ui import messages

    with messages.errors_shown():
        st.write("before")
        raise RunError("It broke")
    st.write("after")


def test_an_expected_failure_ends_the_page_with_its_message(draw):
    at = draw(fail_inside)
    assert said(at.error) == ["It broke"]
    assert said(at.markdown) == ["before"]
    assert not at.exception


def fail_unexpectedly():
    from ui import messages

    with messages.errors_shown():
        raise ZeroDivisionError


def test_an_unexpected_failure_is_not_hidden(draw):
    at = draw(fail_unexpectedly)
    assert len(at.exception) == 1
    assert not at.error


def draw_empty():
    from ui import messages
    from ui.navigation import ensure_frame, page_file

    ensure_frame()
    messages.show_empty_state("Nothing is here yet.", page=page_file("train"), action="Train one")


def test_an_empty_state_says_what_is_missing_and_leads_on(draw):
    at = draw(draw_empty)
    assert said(at.info) == ["Nothing is here yet."]
    assert links(at) == {"Train one": ("train", "")}
    assert not at.exception
