"""The running app, and waiting for it as a person would."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from playwright.sync_api import FloatRect, JSHandle, Locator, Page, expect

from tests import shakespeare as tiny_shakespeare
from tests.browser.serving import start_forked

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "checkpoints" / "demo-shakespeare"
PATIENCE_SECONDS = 180
"""Of one look at a page. One that is right comes sooner: this is for the slowest machine, where all
the other checks run beside it. How fast a page is, benchmarks tell."""
ROW_PIXELS, TICK_PIXELS, NAME_PIXELS = 35, 15, 110
"""Of a row's height in the table of runs, and how far to the right its tick and its name are."""


class Server:
    """One running app and its folders."""

    def __init__(self, folder: Path) -> None:
        self.checkpoints = folder / "checkpoints"
        self.data = folder / "data"
        self.log = folder / "server.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "MINIGPT_CHECKPOINTS": str(self.checkpoints),
            "MINIGPT_DATA": str(self.data),
        }
        self.process: subprocess.Popen[bytes] | BaseProcess | None = None

    def start(self) -> None:
        """As `make run` does."""
        command = [sys.executable, "-m", "streamlit", "run", *self._arguments()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=ROOT, env=self.environment,
            )  # fmt: skip
        self._wait_until_healthy()

    def start_forked(self) -> None:
        """As `start`, in a third of the time; macOS forks no process that has the libraries."""
        if sys.platform != "linux":
            self.start()
            return
        self.log.touch()
        self.process = start_forked(self._arguments(), self.log, ROOT, self.environment)
        self._wait_until_healthy()

    def _arguments(self) -> list[str]:
        return [
            str(ROOT / "app.py"),
            "--server.port", str(self.port), "--server.address", "127.0.0.1",
            "--server.fileWatcherType", "none",
        ]  # fmt: skip

    def kill(self) -> None:
        """End it without warning, as a crash would."""
        match self.process:
            case subprocess.Popen():
                self.process.kill()
                self.process.wait()
            case BaseProcess():
                self.process.kill()
                self.process.join()

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    assert answer.read() == b"ok"
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")


@contextmanager
def running_server(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    shutil.copytree(DEMO, server.checkpoints / DEMO.name)
    server.data.mkdir()
    text = tiny_shakespeare.FILE
    if text is not None:  # otherwise the app falls back to the text that is on every machine
        shutil.copy(text, server.data / text.name)
    try:
        server.start_forked()
        yield server
    finally:
        server.kill()


PARTS_DRAWN = """() => [...document.querySelectorAll("[data-testid=stBidiComponentIsolated]")]
    .every(({shadowRoot}) => {
        const root = shadowRoot?.querySelector(".root");
        return shadowRoot && (!root || "drawn" in root.dataset);
    })"""
"""Whether each of the app's own components has had its script, which is fetched the first time."""


def wait_until(page: Page, condition: str, given: object = None) -> JSHandle:
    """Wait for a script to say yes, and return what it said.

    It is asked ten times a second. Asked before each frame that is drawn, as Playwright would ask
    by itself, one that reads a whole page takes a core from what it waits for.
    """
    patience = 1000 * PATIENCE_SECONDS
    return page.wait_for_function(condition, arg=given, polling=100, timeout=patience)


def settle(page: Page) -> None:
    """Wait until the page has connected, its script has run and its parts are drawn.

    No exception may show.
    """
    connected = "[data-testid=stApp][data-test-connection-state=CONNECTED]"
    expect(page.locator(connected)).to_be_visible()
    # Before its first run a page is as idle as after it, and has no title.
    expect(page.locator("h1").first).to_be_visible()
    idle = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(idle).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    wait_until(page, PARTS_DRAWN)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def expect_status(page: Page, status: str, *, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until the badge beside a run's name says so."""
    badge = page.locator(".stMarkdownBadge").filter(has_text=status).first
    expect(badge).to_be_visible(timeout=1000 * seconds)


def click_row(page: Page, row: int, *, across: int) -> None:
    """Click into the table of runs, which is a canvas, at so many pixels from its left."""
    box = _box_at_rest(page.get_by_test_id("stDataFrame").first)
    page.mouse.click(box["x"] + across, box["y"] + ROW_PIXELS * (row + 1) + ROW_PIXELS / 2)


def _box_at_rest(element: Locator) -> FloatRect:
    """Where an element is once nothing above it moves it any more."""
    box, before = element.bounding_box(), None
    deadline = time.monotonic() + PATIENCE_SECONDS
    while box is None or box != before:
        assert time.monotonic() < deadline, "it never came to rest"
        time.sleep(0.3)
        box, before = element.bounding_box(), box
    return box
