"""What people choose on a page with many fields: held in the session, mirrored in the address.

`ui.session.url` reads the address at every run. That is too early for a form, where a second field
is filled in before the browser has heard of the change to the first. Here the session is the truth
while the page is open. The address is, when somebody comes with one: by a link, a reload, or with
the browser's Back and Forward. Only what was changed is kept, so an address says what is special.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LONGEST_VALUE = 100
MOMENT_SECONDS = 1
OPEN = "kept-open"


@dataclass
class Kept:
    """What one visitor chose on one page."""

    values: dict[str, str] = field(default_factory=dict)
    visit: str = field(default_factory=lambda: secrets.token_hex(8))
    """Another one each time the page is come to: the mark of one filled-in form."""


def open_page(page: str, *, owns: Callable[[str], bool], begins: Callable[[str], bool]) -> None:
    """Take up what this visitor chose before, or what the address says; first thing on the page.

    Args:
        page: whose choices these are.
        owns: which names in the address are choices of this page.
        begins: which of them describe a form anew, so that what was chosen before is forgotten.
    """
    asked = {
        name: value
        for name, value in st.query_params.to_dict().items()
        if owns(name) and len(value) <= LONGEST_VALUE
    }
    kept: Kept | None = st.session_state.get(_key(page))
    if kept is None or st.session_state.get(OPEN) != page:
        before = {} if kept is None or any(begins(name) for name in asked) else kept.values
        st.session_state[_key(page)], st.session_state[OPEN] = Kept({**before, **asked}), page
        return  # `say_soon` sees to the address
    if _came_by_back_or_forward() and asked:  # one that says nothing asks for nothing
        kept.values = asked
    others = {name: one for name, one in st.query_params.to_dict().items() if not owns(name)}
    _put_in_url({**others, **kept.values})


def say_soon() -> None:
    """Let the address say what is kept, a moment later; for the end of the page.

    On the first run of a page the browser may still show the address of the one before, to which
    the change would then be made.
    """
    if _is_said():
        return
    looks = 0

    def say() -> None:
        nonlocal looks
        looks += 1
        if looks > 1:  # the first one is still part of this run
            _put_in_url({**st.query_params.to_dict(), **_current().values})
            st.rerun()  # once more, without the timer

    st.fragment(say, run_every=MOMENT_SECONDS)()


def leave_others(page: str) -> None:
    """Note that `page` is being shown: whoever comes back to another one comes anew."""
    if st.session_state.get(OPEN) not in (None, page):
        st.session_state[OPEN] = None


def get(name: str) -> str | None:
    """What was chosen, or None."""
    return _current().values.get(name)


def visit(page: str) -> str:
    """What marks this visit to a page: the same at every run of it, another one at the next."""
    kept: Kept | None = st.session_state.get(_key(page))
    return kept.visit if kept else ""


def renew(page: str) -> None:
    """Count what follows as another visit."""
    if (kept := st.session_state.get(_key(page))) is not None:
        kept.visit = secrets.token_hex(8)


def keep(changes: Mapping[str, str | None]) -> None:
    """Hold these values from now on; None forgets one."""
    kept, said = _current(), st.query_params.to_dict()
    for name, value in changes.items():
        kept.values.pop(name, None)
        said.pop(name, None)
        if value is not None:
            kept.values[name] = value
    _put_in_url({**said, **kept.values})


def note(name: str, value: str) -> None:
    """Hold a value that was chosen elsewhere; the address says it a moment later."""
    _current().values[name] = value


def forget(chosen: Callable[[str], bool]) -> dict[str, None]:
    """The changes that forget all of these."""
    return {name: None for name in _current().values if chosen(name)}


def follow(name: str, key: str, default: str) -> None:
    """Keep what the widget of this key shows; for widgets to call when they are changed."""
    value = str(st.session_state[key])
    keep({name: None if value == default else value})


def _current() -> Kept:
    kept: Kept = st.session_state.setdefault(_key(st.session_state.get(OPEN)), Kept())
    return kept


def _is_said() -> bool:
    said = st.query_params.to_dict()
    return all(said.get(name) == value for name, value in _current().values.items())


def _key(page: str | None) -> str:
    return f"kept-{page}"


def _came_by_back_or_forward() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _put_in_url(values: Mapping[str, str]) -> None:
    # All in one go: each change of the address is one more step for the browser's Back.
    if st.query_params.to_dict() != values:
        st.query_params.from_dict(values)
