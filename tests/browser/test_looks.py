"""Every page in both themes and on a phone: no exception, nothing that scrolls sideways."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.harness import Server, settle

PAGES = (
    "",
    "corpus",
    "train",
    "runs",
    "run?run=demo-shakespeare",
    "generate?run=demo-shakespeare",
    "attention?run=demo-shakespeare",
    "inside?run=demo-shakespeare",
)
BACKGROUNDS = {"light": "rgb(252, 251, 248)", "dark": "rgb(22, 24, 27)"}
WIDE, PHONE = 1440, 390


@pytest.mark.parametrize("theme", BACKGROUNDS)
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_every_page(server: Server, browser: Browser, theme: str, width: int) -> None:
    with browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=theme
    ) as context:
        for address in PAGES:
            page = context.new_page()
            page.goto(f"{server.url}/{address}")
            settle(page)
            expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=30_000)
            expect(page.get_by_test_id("stApp")).to_have_css("background-color", BACKGROUNDS[theme])
            overflow = page.evaluate("document.body.scrollWidth - document.body.clientWidth")
            assert overflow <= 0, address
            page.close()
