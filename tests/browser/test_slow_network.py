"""Over a slow network what the server says comes late, and people click on meanwhile."""

import re

import pytest
from playwright.sync_api import Page, expect

from minigpt.jobs.actions import stop
from minigpt.runs.store import RunStore
from tests.browser.harness import DEMO, Server, settle

TEXT = "the king is here"
LATE = """(() => {
    window.millisecondsLate = 0;
    const add = WebSocket.prototype.addEventListener;
    WebSocket.prototype.addEventListener = function (kind, listen, ...more) {
        if (kind !== "message") return add.call(this, kind, listen, ...more);
        let last = Promise.resolve();
        const later = (event) => {
            const due = performance.now() + window.millisecondsLate;
            last = last.then(async () => {
                const wait = due - performance.now();
                if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
                listen(event);
            });
        };
        return add.call(this, kind, later, ...more);
    };
})()"""
CLICKS = """async (strip, places) => {
    for (const place of places) {
        strip.querySelectorAll(".token")[place].click();
        await new Promise((resolve) => setTimeout(resolve, 1200));
    }
}"""
"""So far apart that the server has answered the one before, and its answers are under way."""


def test_quick_clicks_do_not_end_the_page(server: Server, page: Page) -> None:
    """What a browser had kept of one answer was dropped while a later one still counted on it: a
    dialog then said "Connection error", and nothing on the page answered any more."""
    page.add_init_script(LATE)
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}")
    settle(page)
    strip = page.locator(".strip[data-drawn]")
    for place in (3, 7):
        strip.locator(".token").nth(place).click()
        expect(page).to_have_url(re.compile(f"token={place + 1}$"))
        settle(page)
    page.evaluate("window.millisecondsLate = 2000")
    strip.evaluate(CLICKS, [9, 3, 11, 7, 12, 3])
    page.evaluate("window.millisecondsLate = 0")
    chosen = strip.locator(".token").nth(3)
    expect(chosen).to_have_attribute("aria-selected", "true")
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    strip.locator(".token").nth(5).click()
    expect(page).to_have_url(re.compile("token=6$"))


@pytest.mark.parametrize(
    ("address", "label"),
    [
        ("train?corpus=sentences&training.steps=5", "Start training"),
        ("", "Grow a head that copies"),
    ],
)
def test_who_presses_again_before_the_answer_has_one_run(
    own_server: Server, page: Page, address: str, label: str
) -> None:
    """The second press is answered when the server has long gone to the page of the run."""
    store = RunStore(own_server.checkpoints)
    before = {run.id for run in store.all()}
    page.add_init_script(LATE)
    page.goto(f"{own_server.url}/{address}")
    settle(page)
    page.evaluate("window.millisecondsLate = 4000")
    button = page.get_by_role("button", name=label)
    button.click()
    page.wait_for_timeout(2500)
    button.click()
    page.wait_for_url(re.compile("/run"))
    page.evaluate("window.millisecondsLate = 0")
    settle(page)
    page.wait_for_url(re.compile(r"/run\?run="))
    started = [run for run in store.all() if run.id not in before]
    assert len(started) == 1
    stop(started[0])


def test_what_is_turned_on_and_off_at_once_is_off_in_the_address_too(
    server: Server, page: Page
) -> None:
    """The second click came with an address that knew nothing of the first, so that nothing was
    to be taken out of it; the answer to the first then put it there."""
    page.add_init_script(LATE)
    page.goto(f"{server.url}/learn")
    settle(page)
    switch = page.get_by_test_id("stCheckbox").filter(has_text="Projector")
    page.evaluate("window.millisecondsLate = 2000")
    lengths = page.evaluate("history.length")
    for _ in range(2):
        switch.locator("label").click()
        page.wait_for_timeout(1000)
    page.wait_for_function(f"history.length === {lengths} + 2")  # on, and off
    page.evaluate("window.millisecondsLate = 0")
    settle(page)
    expect(page).to_have_url(f"{server.url}/learn")
    expect(switch.locator("input")).not_to_be_checked()
