"""A folder for weights, and what was in it before something went wrong."""

import pytest


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "weights"


@pytest.fixture
def contents():
    """A function that reads every file of a folder."""
    return lambda folder: {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
