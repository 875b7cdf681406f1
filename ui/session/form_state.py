"""What people choose on a page with many fields: held in the session, mirrored in the address.

`ui.session.url` reads the address at every run. That is too early for a form, where a second field
is filled in before the browser has heard of the change to the first. Here the session is the truth
while the page is open. The address is, when somebody comes with one: by a link, a reload, or with
the browser's Back and Forward. Only what was changed is held, so an address says what is special.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.session.unheard import draw_anew

LONGEST_VALUE = 100
SYNC_SECONDS = 1
OPEN_PAGE = "open-form"
"""The key in the session of the page whose form is open."""


class Binding(TypedDict):
    """The arguments that tie a widget to a value of the form."""

    key: str
    on_change: Callable[[str, str, str], None]
    args: tuple[str, str, str]


def _new_id() -> str:
    return secrets.token_hex(8)


@dataclass
class FormState:
    """What one visitor changed on the form of one page."""

    values: dict[str, str] = field(default_factory=dict)
    """By the name in the address."""
    id: str = field(default_factory=_new_id)
    """Marks one filled-in form: the same at every run of its page, another at the next visit."""

    def get_value(self, name: str) -> str | None:
        """What was chosen; None where the default stands."""
        return self.values.get(name)

    def set_values(self, changes: Mapping[str, str | None]) -> None:
        """Hold these values from now on, also in the address; None goes back to the default."""
        # First of all: whatever touches the page may be interrupted by the next thing typed.
        for name, value in changes.items():
            self.values.pop(name, None)
            if value is not None:
                self.values[name] = value
        address = st.query_params.to_dict()
        _put_in_url({n: v for n, v in address.items() if n not in changes} | self.values)

    def replace_values(self, replaced: Callable[[str], bool], new: Mapping[str, str]) -> None:
        """Go back to the defaults of all names that are `replaced`, and hold the new values."""
        self.set_values({**{name: None for name in self.values if replaced(name)}, **new})

    def prefill_value(self, name: str, value: str) -> None:
        """Hold a value that was chosen on another page; `sync_url_soon` tells the address."""
        self.values[name] = value

    def read_widget(self, name: str, key: str, default: str) -> None:
        """Hold what the widget of this key shows; for a widget to call when it is changed."""
        # Not by its key: that would let what was typed next end this call, and the browser tells of
        # a change only once.
        value = str(st.session_state.to_dict()[key])
        self.set_values({name: None if value == default else value})

    def bind_widget(self, name: str, key: str, default: str) -> Binding:
        """The arguments of a widget that keep its value under this name."""
        return Binding(key=key, on_change=self.read_widget, args=(name, key, default))

    def sync_url_soon(self) -> None:
        """Let the address say what is held, a little later; for the end of the page.

        On the first run of a page the browser may still show the address of the one before, to
        which the change would then be made.
        """
        address = st.query_params.to_dict()
        if all(address.get(name) == value for name, value in self.values.items()):
            return
        runs = 0

        def sync() -> None:
            nonlocal runs
            runs += 1
            if runs > 1:  # the first one is still part of this run of the page
                _put_in_url({**st.query_params.to_dict(), **self.values})
                draw_anew()  # once more, without the timer

        st.fragment(sync, run_every=SYNC_SECONDS)()

    def renew_id(self) -> None:
        """Count what follows as another filled-in form."""
        self.id = _new_id()


def open_form(
    page: str, *, owns: Callable[[str], bool], restarts: Callable[[str], bool]
) -> FormState:
    """Take up what this visitor chose before, or what the address says; first thing on the page.

    Args:
        page: whose choices these are.
        owns: which names in the address are choices of this page.
        restarts: which of them describe a form anew, so that what was chosen before is dropped.
    """
    asked = {
        name: value
        for name, value in st.query_params.to_dict().items()
        if owns(name) and len(value) <= LONGEST_VALUE
    }
    form: FormState | None = st.session_state.get(_key(page))
    if form is None or st.session_state.get(OPEN_PAGE) != page:
        before = {} if form is None or any(map(restarts, asked)) else form.values
        form = FormState({**before, **asked})
        st.session_state[_key(page)], st.session_state[OPEN_PAGE] = form, page
        return form  # `sync_url_soon` sees to the address
    if _came_by_back_or_forward() and asked:  # an address that says nothing asks for nothing
        form.values = asked
    others = {name: value for name, value in st.query_params.to_dict().items() if not owns(name)}
    _put_in_url({**others, **form.values})
    return form


def current_form() -> FormState:
    """The form of the page that is open."""
    key = _key(st.session_state.get(OPEN_PAGE))
    if key not in st.session_state:
        st.session_state[key] = FormState()
    form: FormState = st.session_state[key]
    return form


def close_other_forms(page: str) -> None:
    """Note that `page` is being shown: whoever comes back to another one comes anew."""
    if st.session_state.get(OPEN_PAGE) not in (None, page):
        st.session_state[OPEN_PAGE] = None


def _key(page: str | None) -> str:
    return f"form-{page}"


def _came_by_back_or_forward() -> bool:
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _put_in_url(values: Mapping[str, str]) -> None:
    # All in one go: each change of the address is one more step for the browser's Back.
    if st.query_params.to_dict() != values:
        st.query_params.from_dict(values)
