"""The table of runs is a canvas: only a browser can click into it."""

import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from minigpt.checkpoints.manifest import list_checkpoints
from tests.browser.harness import DEMO, NAME_PIXELS, TICK_PIXELS, Server, click_row, settle

COPY = "20260101-000000-copy-000000"


@pytest.fixture
def page(own_server: Server, page: Page) -> Iterator[Page]:
    shutil.copytree(DEMO, own_server.checkpoints / COPY, dirs_exist_ok=True)
    page.goto(f"{own_server.url}/runs")
    settle(page)
    yield page
    shutil.rmtree(own_server.checkpoints / COPY, ignore_errors=True)


def test_ticked_runs_are_drawn_and_come_back_with_the_address(page: Page) -> None:
    click_row(page, 0, across=TICK_PIXELS)
    expect(page).to_have_url(re.compile("runs="))
    settle(page)
    click_row(page, 1, across=TICK_PIXELS)
    expect(page).to_have_url(re.compile("%2C"))
    expect(page.get_by_text("What differs")).to_be_visible()
    page.reload()
    settle(page)
    expect(page.get_by_text("What differs")).to_be_visible()
    page.get_by_role("button", name="Untick all").click()
    expect(page.get_by_text("What differs")).to_have_count(0)
    assert "runs=" not in page.url


def test_a_click_on_a_name_opens_the_run_and_back_leads_to_the_comparison(page: Page) -> None:
    click_row(page, 0, across=TICK_PIXELS)
    expect(page).to_have_url(re.compile("runs="))
    settle(page)
    click_row(page, 1, across=NAME_PIXELS)
    expect(page).to_have_url(re.compile(r"/run\?run="))
    settle(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/runs"))
    settle(page)
    expect(page.get_by_role("button", name="Untick all")).to_be_visible()


def test_a_run_is_deleted_only_after_it_was_said_what_is_lost(
    own_server: Server, page: Page
) -> None:
    page.goto(f"{own_server.url}/runs?runs={COPY}")
    settle(page)
    page.get_by_role("button", name="Delete …").click()
    kept = len(list_checkpoints(DEMO / "weights"))
    expect(page.get_by_text(f"{kept} checkpoints")).to_be_visible()
    assert (own_server.checkpoints / COPY).exists()
    page.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text("Deleted.")).to_be_visible()
    assert not (own_server.checkpoints / COPY).exists()
    assert (own_server.checkpoints / DEMO.name).exists()
