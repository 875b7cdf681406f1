import binascii
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette.starlette_app_utils import generate_xsrf_token_string

from ui.session import identity
from ui.session.identity import COOKIE, UNKNOWN_VISITOR, current_owner


@pytest.fixture
def browser(monkeypatch):
    """A function that sets the cookie and the login of whoever is at the screen."""

    def become(cookie=None, **user):
        cookies = {} if cookie is None else {COOKIE: cookie}
        monkeypatch.setattr(
            identity,
            "st",
            SimpleNamespace(context=SimpleNamespace(cookies=cookies), user=User(user)),
        )

    return become


class User(dict):
    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def test_a_browser_is_the_same_owner_however_its_cookie_is_masked(browser):
    token = bytes(range(16))
    owners = set()
    for _ in range(3):
        browser(generate_xsrf_token_string(token))
        owners.add(current_owner())
    browser(generate_xsrf_token_string(bytes(16)))
    other = current_owner()
    assert len(owners) == 1
    assert other not in owners
    assert other.startswith("browser-")


def test_the_token_itself_is_not_in_the_owner(browser):
    token = bytes(range(16))
    browser(generate_xsrf_token_string(token))
    assert binascii.hexlify(token).decode()[:12] not in current_owner()


@pytest.mark.parametrize(
    "cookie", [None, "", "2|zz|zz|1", "2|00", "2||00|1", "2|0|00|1", "2|é|00|1"]
)
def test_all_of_whom_nothing_can_be_told_are_one_visitor(browser, cookie):
    browser(cookie)
    assert current_owner() == UNKNOWN_VISITOR


def test_whoever_has_logged_in_is_known_by_their_address(browser):
    browser(generate_xsrf_token_string(), is_logged_in=True, email="a@example.org")
    assert current_owner() == "a@example.org"
    browser(generate_xsrf_token_string(), is_logged_in=True, sub="42")
    assert current_owner() == "42"
    browser(is_logged_in=False, email="a@example.org")
    assert current_owner() == UNKNOWN_VISITOR


def who():
    import streamlit as st

    from ui.session.identity import current_owner

    st.text(f"[{current_owner()}]")


def test_without_a_browser_it_is_the_unknown_visitor(draw):
    at = draw(who)
    assert at.text[0].value == f"[{UNKNOWN_VISITOR}]"
    assert not at.exception
    assert hasattr(st, "user")


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
