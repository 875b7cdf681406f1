"""Visitors without a browser."""

import pytest
import streamlit as st

from ui.session import answers


@pytest.fixture
def become(monkeypatch):
    """A function that makes the next lines those of another browser."""

    def become(name):
        monkeypatch.setattr(answers, "current_owner", lambda: name)
        monkeypatch.setattr(st, "session_state", {})

    return become
