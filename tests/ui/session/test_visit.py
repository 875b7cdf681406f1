from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from ui.session import identity

    first = identity.start_key()
    st.write(first == identity.start_key())
    identity.forget_start_key()
    st.write(first == identity.start_key())
    st.write(repr(identity.teacher_token()))
    identity.remember_teacher_token("open sesame")
    st.write(repr(identity.teacher_token()))


def test_a_start_is_told_from_the_next_and_a_token_is_kept_out_of_the_address():
    app = AppTest.from_function(page, default_timeout=30).run()
    assert [one.value for one in app.markdown] == ["`True`", "`False`", "''", "'open sesame'"]
    assert app.query_params == {}
