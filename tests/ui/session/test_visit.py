from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from ui.session import visit

    first = visit.start_nonce()
    st.write(first == visit.start_nonce())
    visit.forget_start_nonce()
    st.write(first == visit.start_nonce())
    st.write(repr(visit.teacher_token()))
    visit.remember_teacher_token("open sesame")
    st.write(repr(visit.teacher_token()))


def test_a_start_is_told_from_the_next_and_a_token_is_kept_out_of_the_address():
    app = AppTest.from_function(page, default_timeout=30).run()
    assert [one.value for one in app.markdown] == ["`True`", "`False`", "''", "'open sesame'"]
    assert app.query_params == {}
