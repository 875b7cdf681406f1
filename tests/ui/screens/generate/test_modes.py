from streamlit.testing.v1 import AppTest

from tests.ui.harness import TIMEOUT_SECONDS


def page():
    import streamlit as st

    from minigpt.errors import RunError
    from ui.screens.generate.modes import Mode

    def gone(_):
        raise RunError("There is no run {id!r} here.", id=st.session_state["run"])

    Mode(title="", words="", show=gone).draw(None)
    st.caption("what stands below")


def test_a_mode_whose_model_is_gone_meanwhile_says_so():
    """A click draws the mode alone: nothing else on the page looks whether the run is there."""
    at = AppTest.from_function(page, default_timeout=TIMEOUT_SECONDS)
    at.session_state["run"] = "deleted"
    at.run()
    assert not at.exception
    assert "deleted" in at.error[0].value
