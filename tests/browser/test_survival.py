"""A run outlives the app: killed and started again, the app shows it live."""

import re

from playwright.sync_api import Page, expect

from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.browser.harness import Server, expect_status, settle


def test_killing_the_app_does_not_stop_the_run(fresh_server: Server, page: Page) -> None:
    page.goto(f"{fresh_server.url}/train?corpus=sentences")
    settle(page)
    page.get_by_label("Steps", exact=True).fill("100000")
    page.get_by_label("Steps", exact=True).press("Enter")
    expect(page.get_by_text("100,000 steps")).to_be_visible()
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/run\?run="))
    address = page.url
    run = RunStore(fresh_server.checkpoints).open(address.split("run=")[1].split("&")[0])
    expect_status(page, "running")

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
