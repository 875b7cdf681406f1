"""Any address works as the first request a fresh server ever gets, with the frame around it."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle

TITLES = {
    "": "Train a small GPT, and look inside it",
    "corpus": "Text",
    "train": "Train a model",
    "runs": "Runs",
    "run?run=demo-shakespeare": "Demo: Tiny Shakespeare",
    "generate?run=demo-shakespeare": "Generate",
    "attention?run=demo-shakespeare&layer=2&head=3": "Attention",
    "inside?run=demo-shakespeare&token=3": "Inside",
    "learn?lesson=tokens&part=encode": "Text to tokens",
}
PAGES_SEEN = """window.pagesSeen = new Set();
new MutationObserver(() => {
    for (const link of document.querySelectorAll("[data-testid=stSidebarNav] a"))
        window.pagesSeen.add(link.pathname);
}).observe(document, {childList: true, subtree: true, attributes: true});"""


@pytest.mark.parametrize("address", TITLES, ids=lambda address: address.split("?")[0] or "home")
def test_first_request_of_a_fresh_server(fresh_server: Server, page: Page, address: str) -> None:
    page.add_init_script(PAGES_SEEN)
    page.goto(f"{fresh_server.url}/{address}")
    settle(page)
    heading = page.get_by_role("heading", name=TITLES[address], level=1)
    expect(heading).to_be_visible()
    sidebar = page.get_by_test_id("stSidebarNav")
    for section in ("Make", "Use", "Look inside", "Learn"):
        # A section may have the name of the only page in it.
        expect(sidebar.get_by_text(section, exact=True).first).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # Streamlit would list the files in pages/ until the frame is drawn.
    links = sidebar.get_by_role("link").evaluate_all("all => all.map((link) => link.pathname)")
    assert {*page.evaluate("[...window.pagesSeen]")} == {*links}


def test_a_link_reproduces_layer_and_head(fresh_server: Server, page: Page) -> None:
    page.goto(f"{fresh_server.url}/attention?run=demo-shakespeare&step=0&layer=2&head=3&text=hello")
    settle(page)
    expect(page.get_by_role("heading", name="Layer 2, head 3, step 0")).to_be_visible()
    box = page.get_by_role("textbox", name="Text, at most")
    expect(box).to_have_value("hello")  # loaded after the page, on first use
