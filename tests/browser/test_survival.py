"""A run outlives the app: killed and started again, the app shows it live."""

import re
import time
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect

from minigpt.jobs.fork_server import SERVER, VARIABLE, can_be_opened
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.browser.harness import PATIENCE_SECONDS, Server, expect_status, settle


def _fork_server_of(app: Server) -> int | None:
    """The number of its process, once it is ready; None where there can be none."""
    if not can_be_opened():
        return None
    assert app.process is not None
    assert app.process.pid is not None
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        for child in psutil.Process(app.process.pid).children():
            if SERVER in child.cmdline() and Path(child.environ()[VARIABLE]).exists():
                return child.pid
        time.sleep(0.1)
    raise AssertionError("The app has opened none.")


def test_killing_the_app_does_not_stop_the_run(fresh_server: Server, page: Page) -> None:
    fresh_server.kill()
    del fresh_server.environment[VARIABLE]  # so it opens a fork server of its own
    fresh_server.start_forked()
    page.goto(f"{fresh_server.url}/train?corpus=sentences")
    settle(page)
    forks = _fork_server_of(fresh_server)
    page.get_by_label("Steps", exact=True).fill("100000")
    page.get_by_label("Steps", exact=True).press("Enter")
    expect(page.get_by_text("100,000 steps")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/run\?run="))
    address = page.url
    run = RunStore(fresh_server.checkpoints).open(address.split("run=")[1].split("&")[0])
    expect_status(page, "running")

    pid = run.read("state")["pid"]
    assert forks is None or psutil.Process(pid).ppid() == forks

    fresh_server.kill()
    before = run.read("state")["step"]
    fresh_server.start()
    page.goto(address)
    settle(page)
    expect_status(page, "running")
    assert run.read("state")["step"] > before

    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect_status(page, "stopped")
    assert status_of(run) is Status.STOPPED
