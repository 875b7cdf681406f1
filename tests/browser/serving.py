"""Serve the app from a process that has already loaded the large libraries; it imports nothing.

Two thirds of what a new server and its first page take is torch, Streamlit, pandas and Plotly being
imported. One process imports them, and nothing of this project, and forks a child for each server.
"""

import multiprocessing
import os
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

LIBRARIES = [
    "torch",
    "pandas",
    "plotly.graph_objects",
    "plotly.subplots",
    "streamlit.web.bootstrap",
]


def start_forked(
    arguments: list[str], log: Path, folder: Path, environment: dict[str, str]
) -> BaseProcess:
    """What `python -m streamlit run` does with these arguments, writing to that file.

    Raises:
        ValueError: Where there is no fork, as on Windows.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LIBRARIES)
    process = context.Process(target=_serve, args=(arguments, log, folder, environment))
    process.start()
    return process


def _serve(arguments: list[str], log: Path, folder: Path, environment: dict[str, str]) -> None:
    from streamlit.web import cli

    written = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(written, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["streamlit", "run", *arguments]
    cli.main(prog_name="streamlit")
