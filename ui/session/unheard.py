"""What was put into the address a moment ago, and may not have reached the browser yet.

A click comes with the address that its browser knew when it was made. Where the one before is still
being answered, as over a slow network, that address lacks what the one before chose.
"""

import time
from dataclasses import dataclass, field
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state_proxy import get_session_state

KEY = "unheard-addresses"
TOLD = "told-address"
"""Key of the session: what the browser was last sent."""
ANEW = "drawn-anew"
"""Key of the session: whether the page is drawn although its visitor did nothing."""
LONGEST_WAY = 10.0
"""Seconds that an answer may take to the browser. One who still comes with an address that was left
longer ago has gone back to it."""

Address = dict[str, str]


@dataclass
class Addresses:
    """Those of one page that followed each other: the last one, and when the others were left."""

    page: str
    last: Address
    left: list[tuple[float, Address]] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """An address of a page that the browser was sent, knobs and all, and when."""

    page: str
    address: Address
    sent: float


def catch_up() -> None:
    """Go on from what was last put into the address of this page; first thing for who changes it.

    The browser is sent nothing: it will have heard of that before it hears of the change.
    """
    known, address = _addresses(), _own_address()
    if known.last == address:
        return
    since = time.monotonic() - LONGEST_WAY
    if not any(left > since and address == one for left, one in known.left):
        known.last, known.left = address, []
        return
    with get_session_state().query_params() as held:
        for name in address.keys() - known.last.keys():
            held.discard_param_no_forward_msg(name)
        for name, said in known.last.items():
            if not held.is_bound(name):
                held.set_with_no_forward_msg(name, said)


def note_change() -> None:
    """Note that the address was changed."""
    _note_told()
    known, address = _addresses(), _own_address()
    if known.last != address:
        since = time.monotonic() - LONGEST_WAY
        recent = [one for one in known.left if one[0] > since and one[1] != address]
        known.left = [*recent, (time.monotonic(), known.last)]
        known.last = address


def draw_anew() -> NoReturn:
    """Draw the whole page once more by itself, as where a timer has found that something is done.

    That comes with the address that the browser named last, to which nobody has gone.
    """
    st.session_state[ANEW] = True
    st.rerun()


def begin_address() -> None:
    """First thing on a page: who went to an address, as by Back or a link, is meant to be there."""
    context = get_script_run_ctx()
    has_gone_back = context is not None and context.is_history_navigation
    if st.session_state.pop(ANEW, False) and not has_gone_back:
        catch_up()
    elif _addresses().last != _own_address():
        st.session_state.pop(KEY, None)


def tell_address() -> None:
    """Send the browser the address that is drawn, where it may yet hear of another one.

    Back overtakes answers that are on their way, and these name what was left. So does a click that
    chooses nothing, or moves a knob that the browser itself keeps account of.
    """
    context = get_script_run_ctx()
    if context is None:
        return
    last = st.session_state.get(TOLD)
    is_under_way = (
        last is not None
        # Who follows a link to another page is still at the one before.
        and last.page == context.page_script_hash
        and last.sent > time.monotonic() - LONGEST_WAY
        and last.address != dict(st.query_params)
    )
    if is_under_way or context.is_history_navigation:
        # Changes nothing, and is sent. A browser that is there already takes no step, and after
        # Back it puts the address right where it stands.
        st.query_params.update({})
        _note_told()


def _note_told() -> None:
    context = get_script_run_ctx()
    if context is not None:
        page, address = context.page_script_hash, dict(st.query_params)
        st.session_state[TOLD] = Told(page, address, time.monotonic())


def _addresses() -> Addresses:
    context = get_script_run_ctx()
    if context is None:  # no page is drawn, and nobody waits for an answer
        return Addresses("", _own_address())
    page = context.page_script_hash
    known: Addresses | None = st.session_state.get(KEY)
    if known is None or known.page != page:
        known = st.session_state[KEY] = Addresses(page, _own_address())
    return known


def _own_address() -> Address:
    """Without the knobs that are bound to it, of which the browser itself keeps account."""
    address = dict(st.query_params)
    with get_session_state().query_params() as known:
        return {name: said for name, said in address.items() if not known.is_bound(name)}
