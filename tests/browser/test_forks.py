"""Choosing a token, going on from another one, and a link that writes the same elsewhere."""

import re

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, box_at_rest, settle

BEGINNING = len("ROMEO:")


def text_of(page: Page) -> list[str]:
    return page.locator(".strip .token").all_inner_texts()


def odds_of(page: Page) -> list[str]:
    return page.locator(".candidates button.row").all_inner_texts()


def write(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    page.get_by_role("button", name="Generate").last.click()
    expect(page.locator(".strip .token").nth(BEGINNING + 20)).to_be_visible()
    settle(page)


def fork(page: Page, place: int, row: int) -> str:
    """Choose a token of the text and go on from another one; returns that."""
    page.locator(".strip .token").nth(BEGINNING + place).click()
    expect(page.get_by_text(f"Token {place + 1} of 60")).to_be_visible()
    other = page.locator(".candidates button.row:not(.came)").nth(row)
    token = other.locator(".token").inner_text()
    texts = page.get_by_role("radiogroup", name="Which text").get_by_role("radio")
    before, picked = texts.count(), page.locator(".strip .token.mark").count()
    other.click()
    expect(texts).to_have_count(max(2, before + 1))
    expect(page.locator(".strip .token.mark")).to_have_count(picked + 1)
    settle(page)
    return token


def test_a_branch_goes_on_from_a_picked_token_and_a_link_writes_it_again(
    server: Server, page: Page, fresh_server: Server, other_page: Page
) -> None:
    write(page, f"{server.url}/generate?run=demo-shakespeare&tokens=60&seed=4")
    drawn = text_of(page)
    first = fork(page, 10, 1)
    branch = text_of(page)
    assert branch[: BEGINNING + 10] == drawn[: BEGINNING + 10]
    assert branch[BEGINNING + 10] == first.replace("␣", "\u00a0")
    assert branch != drawn
    expect(page.get_by_text(re.compile("^Picked by hand:"))).to_be_visible()
    fork(page, 30, 0)
    deeper = text_of(page)
    assert deeper[: BEGINNING + 30] == branch[: BEGINNING + 30]
    page.get_by_role("radio", name=re.compile("^Text 1")).click()
    expect(page.locator(".strip .token.mark")).to_have_count(0)
    assert text_of(page) == drawn, "the branches stay beside what was drawn"
    page.get_by_role("radio", name=re.compile("^↳↳ 1")).click()
    expect(page.locator(".strip .token.mark")).to_have_count(2)
    settle(page)
    assert text_of(page) == deeper
    link = page.url.replace(server.url, fresh_server.url)
    other_page.goto(link)
    expect(other_page.locator(".strip .token.mark")).to_have_count(2)
    settle(other_page)
    assert text_of(other_page) == deeper
    assert other_page.get_by_role("radio", name=re.compile("^↳")).count() == 2


def test_the_keyboard_reaches_tokens_odds_and_the_other_texts(server: Server, page: Page) -> None:
    write(page, f"{server.url}/generate?run=demo-shakespeare&tokens=60&seed=5")
    strip = page.locator(".strip[data-drawn]")
    strip.focus()
    page.keyboard.press("End")
    expect(page.get_by_text("Token 60 of 60")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("Token 59 of 60")).to_be_visible()
    expect(strip).to_be_focused()
    settle(page)
    assert sum("%" in odds for odds in odds_of(page)) >= 10
    row = page.locator(".candidates button.row:not(.came)").first
    row.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^Picked by hand:"))).to_be_visible()


def test_the_token_that_was_drawn_is_where_the_number_fell(server: Server, page: Page) -> None:
    write(page, f"{server.url}/generate?run=demo-shakespeare&tokens=60&seed=6&top_k=5")
    page.locator(".strip .token").nth(BEGINNING + 7).click()
    expect(page.get_by_text("Token 8 of 60")).to_be_visible()
    canvas = page.locator(".die canvas")
    found = page.locator(".candidates[data-drawn]").evaluate(
        "root => [root.shown.data.die.number, root.querySelector('.came .token').textContent]"
    )
    number, came = found
    box = box_at_rest(canvas)
    page.mouse.move(box["x"] + number * box["width"], box["y"] + box["height"] / 2)
    expect(page.locator(".candidates .tip")).to_contain_text(f": {came}")
    rows = page.locator(".candidates button.row .bar:last-child:not(.none)")
    assert rows.count() == 5, "five are left by top-k"
