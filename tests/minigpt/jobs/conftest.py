"""A process that others are forked from, one for all tests of jobs."""

import os

import pytest

from minigpt.jobs.fork_server import NONE, VARIABLE, wait_until_ready
from minigpt.jobs.processes import open_fork_server

LOADING_SECONDS = 180.0


@pytest.fixture(scope="session")
def _fork_server():
    with pytest.MonkeyPatch.context() as changed:
        changed.delenv(VARIABLE)
        server = open_fork_server()
        wait_until_ready(LOADING_SECONDS)
        address = os.environ.get(VARIABLE, NONE)
    yield server, address
    if server is not None:  # as on systems that have none
        server.close()


@pytest.fixture
def own_fork_server(_fork_server):
    return _fork_server[0]


@pytest.fixture
def fork_server_address(_fork_server):
    return _fork_server[1]
