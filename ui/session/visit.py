"""What one visitor's session keeps out of the address: what must not be sent along with a link."""

import secrets

import streamlit as st

from ui.session.url import START_NONCE, TEACHER


def start_nonce() -> str:
    """What tells one start of a run from the next, the same until `forget_start_nonce`."""
    nonce: str = st.session_state.setdefault(START_NONCE, secrets.token_hex(8))
    return nonce


def forget_start_nonce() -> None:
    """The next start is another one."""
    st.session_state.pop(START_NONCE, None)


def teacher_token() -> str:
    """What this visitor gave as the teacher's token; never in the address, where others see it."""
    return str(st.session_state.get(TEACHER, ""))


def remember_teacher_token(token: str) -> None:
    """Keep it for this visit."""
    st.session_state[TEACHER] = token
