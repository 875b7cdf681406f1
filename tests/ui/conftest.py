"""Every test of the screen starts with empty caches and needs no internet."""

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from tests.ui.harness import TIMEOUT_SECONDS, read_small_text
from ui import i18n
from ui.screens.learn import sharing
from ui.screens.train import launch


@pytest.fixture(scope="session", autouse=True)
def _packages_are_searched_once():
    """For components; else every AppTest reads what each installed package says of itself."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: list(found))
        yield


@pytest.fixture(autouse=True)
def _empty_caches():
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(autouse=True)
def _text_without_internet(monkeypatch):
    read_small_text(monkeypatch)


@pytest.fixture(autouse=True)
def _nothing_is_timed(monkeypatch):
    """No process is started to time some steps."""
    monkeypatch.setattr(launch, "calibrate_in_background", lambda *_, **__: False)


@pytest.fixture(autouse=True)
def _nothing_is_computed_ahead(monkeypatch):
    """No thread goes on with a lesson after the test that opened it."""
    monkeypatch.setattr(sharing.AHEAD, "prepare", lambda tasks: None)


class Address(dict):
    """Is changed as the real one is: name by name, or as a whole."""

    def from_dict(self, said):
        self.clear()
        self.update(said)


@pytest.fixture
def address(monkeypatch):
    """What stands in the address of a visit that has no page; nothing, at first."""
    query = Address()
    monkeypatch.setattr(st, "query_params", query)
    monkeypatch.setattr(st, "session_state", {})
    return query


@pytest.fixture
def speak(monkeypatch):
    """A function: from then on whoever is here, where there is no page, reads that language."""
    return lambda name: monkeypatch.setattr(i18n, "_asked_for", lambda: [name])


@pytest.fixture
def draw():
    """A function that runs a script, given as a function, and shows what it drew."""

    def run(script, *, query=None, **arguments):
        at = AppTest.from_function(script, default_timeout=TIMEOUT_SECONDS, kwargs=arguments)
        at.query_params.update(query or {})
        return at.run()

    return run
