"""Benchmarks wait until a page has settled, but not for ever."""

import pytest
from playwright.sync_api import Browser

from benchmarks.browser import WATCH, settle

BUSY = (
    "data:text/html,<h1>Busy</h1>"
    "<p data-testid=stApp data-test-script-state=running data-test-connection-state=CONNECTED>"
)
IS_DONE = "() => { document.querySelector('p').dataset.testScriptState = 'notRunning'; }"


def test_a_page_that_never_settles_ends_the_wait_with_its_address(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(BUSY)
        with pytest.raises(TimeoutError, match=r"text/html.* has not settled within 0\.2 s"):
            settle(page, limit=0.2)
        page.evaluate(IS_DONE)
        title_stood, last_change, *_others = settle(page)
        assert 0 < title_stood <= last_change
