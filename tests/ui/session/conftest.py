"""Visitors without a browser."""

from types import SimpleNamespace

import pytest

from ui.session import answers


@pytest.fixture
def become(monkeypatch):
    """A function that makes the next lines those of another browser."""

    def become(name):
        monkeypatch.setattr(answers, "current_owner", lambda: name)
        monkeypatch.setattr(answers, "st", SimpleNamespace(session_state={}))

    return become
