"""Was it copied, when was that read, and what would the model be without it: one way through."""

import re

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle

"""Milliseconds for a training text that nobody has searched yet, on a busy machine."""
NEVER_READ = "But, soft! what light"
"""It stands in the training text, and was in no batch of the demo run."""


def test_from_a_written_text_to_its_place_and_to_a_twin_without_it(
    server: Server, page: Page
) -> None:
    page.goto(f"{server.url}/generate?run=demo-shakespeare&tokens=12")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="Did it copy this?").first.click()
    expect(page.get_by_role("radio", name="Read or invented?")).to_be_checked()
    expect(page.get_by_text("of this text stands word for word")).to_be_visible()
    expect(page).to_have_url(re.compile("passage="))

    page.get_by_role("button", name="A passage kept from training").click()
    expect(page.get_by_text("the model never learnt from it")).to_be_visible()
    page.get_by_role("button", name="A passage of its training text").click()
    expect(page.get_by_text("This stands in the training text, word for word.")).to_be_visible()
    expect(page.get_by_text("100 % of this text stands word for word")).to_be_visible()
    tokens = page.locator(".strip .token")
    expect(page.locator(".strip .token:not(.mark)")).to_have_count(0)
    tokens.nth(4).click()
    expect(page).to_have_url(re.compile("spot=5"))
    whole = "".join(tokens.all_text_contents()).split("↵")[0]
    expect(page.locator(".place mark")).to_contain_text(whole)
    expect(page.get_by_text("Its reading log")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Steps that had (all|a part) of it:"))).to_be_visible()

    page.get_by_role("radio", name="Never read this").click()
    box = page.get_by_role("textbox", name="What it must never have read")
    box.fill(NEVER_READ)
    box.press("Control+Enter")
    expect(page.get_by_text("it was in no batch of 2,000 steps")).to_be_visible()
    start = page.get_by_role("button", name="Train the twins")
    expect(start).to_have_count(0)
    page.get_by_role("button", name="Try it with “ROMEO:”").click()
    expect(start).to_be_visible()
    expect(page.get_by_text(re.compile("had all or a part of it in their batch"))).to_be_visible()
    expect(page).to_have_url(re.compile("unread=ROMEO"))
    settle(page)
