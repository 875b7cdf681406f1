"""Lines of Python are worked out, and sent with what colours them, once they are opened."""


def show():
    import streamlit as st

    from ui.components.python_lines import python_lines

    def write():
        st.session_state["times"] = st.session_state.get("times", 0) + 1
        return "print('the sea')"

    python_lines("As Python", write, "They run.", key="lines")


def test_closed_lines_are_not_even_written(draw):
    at = draw(show)
    assert at.expander[0].label == "As Python"
    assert not at.code
    assert not at.caption
    assert "times" not in at.session_state
    assert not at.exception


def test_opened_lines_are_there(draw):
    at = draw(show)
    at.session_state["lines"] = True
    [lines] = at.run().expander[0].code
    assert (lines.value, lines.language) == ("print('the sea')", "python")
    assert at.expander[0].caption[0].value == "They run."
    assert not at.exception
