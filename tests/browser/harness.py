"""The running app, and waiting for it as a person would."""

import itertools
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

from playwright.sync_api import FloatRect, JSHandle, Locator, Page, Position, expect

from tests import shakespeare as tiny_shakespeare
from tests.browser.serving import start_forked

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "checkpoints" / "demo-shakespeare"
PATIENCE_SECONDS = 180
"""Of one look at a page. One that is right comes sooner: this is for the slowest machine, where all
the other checks run beside it. How fast a page is, benchmarks tell."""
ROW_PIXELS, TICK_PIXELS, NAME_PIXELS = 35, 15, 110
"""Of a row's height in the table of runs, and how far to the right its tick and its name are."""
IN_MAP = """({shown: {left, top, cell}}, [row, column]) =>
    ({x: left + (column + 0.5) * cell.width, y: top + (row + 0.5) * cell.height})"""
IN_TILES = """({shown: {layout}}, [down, across, row, column]) => ({
    x: 22 + across * layout.step + column * layout.side,  // right of the layers' numbers
    y: down * layout.down + layout.title + row * layout.side,
})"""
"""Where in their canvas such components draw, by what they have drawn last."""


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


AT_REST = """question => new Promise(answer => requestIdleCallback(() => {
    const all = selector => [...document.querySelectorAll(selector)];
    const roots = all("[data-testid=stBidiComponentIsolated]").map(({shadowRoot}) => shadowRoot);
    const areDrawn = roots.every(one => {
        const root = one?.querySelector(".root");
        return one && (!root || "drawn" in root.dataset);
    });
    const canvases = roots.flatMap(one => [...(one?.querySelectorAll("canvas") ?? [])]);
    const boxes = [...all("[data-testid=stElementContainer], canvas"), ...canvases]
        .map(one => Object.values(one.getBoundingClientRect().toJSON()));
    const isIdle = all("[data-testid=stApp][data-test-script-state=notRunning]").length === 1;
    const isThere = areDrawn && !all("[data-testid=stSkeleton]").length;
    const now = isThere ? JSON.stringify([question, boxes]) : null;
    answer(isIdle && isThere && now === globalThis.layoutBefore);
    globalThis.layoutBefore = now;
}, {timeout: 5000}))"""
"""Whether a page was twice at the same, asked while its browser has nothing else to do: its script
has run, nothing stands in for what is fetched yet, each of the app's own components has had its
script, and all is where it was. Each wait has a question of its own."""
_QUESTIONS = itertools.count()


def wait_until(page: Page, condition: str, given: object = None) -> JSHandle:
    """Wait for a script to say yes, and return what it said.

    It is asked ten times a second. Asked before each frame that is drawn, as Playwright would ask
    by itself, one that reads a whole page takes a core from what it waits for.
    """
    patience = 1000 * PATIENCE_SECONDS
    return page.wait_for_function(condition, arg=given, polling=100, timeout=patience)


def settle(page: Page) -> None:
    """Wait until the page has connected, its script has run, and all is drawn and at rest.

    A browser learns that a script has run before it has drawn what came of it, and on a busy
    machine seconds before: what is measured or clicked at a place must have come to rest. No
    exception may show.
    """
    connected = "[data-testid=stApp][data-test-connection-state=CONNECTED]"
    expect(page.locator(connected)).to_be_visible()
    # Before its first run a page is as idle as after it, and has no title.
    expect(page.locator("h1").first).to_be_visible()
    idle = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(idle).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    wait_until(page, AT_REST, next(_QUESTIONS))


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
    box = box_at_rest(page.get_by_test_id("stDataFrame").first)
    page.mouse.click(box["x"] + across, box["y"] + ROW_PIXELS * (row + 1) + ROW_PIXELS / 2)


def box_at_rest(element: Locator) -> FloatRect:
    """Where an element is in the window once nothing moves it any more."""
    element.scroll_into_view_if_needed()
    settle(element.page)
    box = element.bounding_box()
    assert box is not None
    return box


def place_in_map(root: Locator, row: int, column: int) -> Position:
    """Where a cell of a large map is drawn once the page is at rest, counted from 0."""
    return _place(root, IN_MAP, [row, column])


def place_in_tiles(
    root: Locator, *, down: int, across: int, row: float = 0.5, column: float = 0.5
) -> Position:
    """The same of one head's small map: as shares of its sides, how far down and to the right."""
    return _place(root, IN_TILES, [down, across, row, column])


def _place(root: Locator, script: str, given: list[float]) -> Position:
    expect(root).to_be_visible()
    settle(root.page)
    found: Position = root.evaluate(script, given)
    return found
