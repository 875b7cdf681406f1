"""Who is at the screen, as far as that can be told, and what their session keeps to itself.

Whoever has logged in is known by their address. Else Streamlit gives every browser a random token
in a cookie, the same in all its tabs and after a reload, gone when the browser is closed. It proves
nothing: it keeps classmates' runs apart, and keeps nobody out. What would be misused in a link that
is sent on, such as the teacher's token, stays out of the address.
"""

import hashlib
import secrets
from binascii import Error, unhexlify

import streamlit as st

from ui.session.url import START_IDEMPOTENCY_KEY, TEACHER

COOKIE = "_streamlit_xsrf"
NOBODY = ""
PRESSED = "pressed-start-key"
UNKNOWN_VISITOR = "visitor"
"""All who send no cookie together: one owner, with the limits of one."""


def current_owner() -> str:
    """Whose runs the ones started now will be. Never empty: only the command line is nobody."""
    return _logged_in() or _browser() or UNKNOWN_VISITOR


def _logged_in() -> str:
    # Without a provider for logging in, there is no such attribute.
    if not getattr(st.user, "is_logged_in", False):
        return NOBODY
    return str(st.user.get("email") or st.user.get("sub") or NOBODY)


def _browser() -> str:
    token = _token(st.context.cookies.get(COOKIE, ""))
    # Hashed, since owners are written down where others may read them.
    return f"browser-{hashlib.sha256(token).hexdigest()[:12]}" if token else NOBODY


def _token(cookie: str) -> bytes:
    """What stays the same in the cookie, which is masked anew each time: "2|mask|masked|time"."""
    parts = cookie.strip("\"'").split("|")
    if len(parts) != 4:
        return b""
    try:
        mask, masked = unhexlify(parts[1]), unhexlify(parts[2])
    except (Error, ValueError):
        return b""
    return bytes(one ^ mask[index % len(mask)] for index, one in enumerate(masked)) if mask else b""


def start_key() -> str:
    """What tells one start of a run from the next, the same until `forget_start_key`."""
    key: str = st.session_state.setdefault(START_IDEMPOTENCY_KEY, secrets.token_hex(8))
    return key


def forget_start_key() -> None:
    """The next start is another one."""
    st.session_state.pop(START_IDEMPOTENCY_KEY, None)


def note_pressed(key: str) -> None:
    """Note with which key a button to start a run was drawn; for that button to call."""
    st.session_state[PRESSED] = key


def pressed_key() -> str:
    """The key of the button that was pressed.

    A second press may come when the server has gone to the run's page, where the button is no more:
    then that of the first, so both ask for one run. A server that was started anew hears of a press
    for which it drew no button: that is one of its own.
    """
    return str(st.session_state.get(PRESSED) or start_key())


def teacher_token() -> str:
    """What this visitor gave as the teacher's token; never in the address, where others see it."""
    return str(st.session_state.get(TEACHER, ""))


def remember_teacher_token(token: str) -> None:
    """Keep it for this visit."""
    st.session_state[TEACHER] = token
