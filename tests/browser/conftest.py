"""A real server and a real browser. The server's folders are fresh; its one run is the demo run."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from minigpt.jobs.fork_server import VARIABLE
from minigpt.jobs.processes import open_fork_server
from tests.browser.harness import PATIENCE_SECONDS, Server, running_server
from tests.browser.install import find_browser

WITHOUT = ",".join(
    [
        # A script that is compiled while it comes is compiled anew for each page.
        "ScriptStreaming",
        "BackgroundResourceFetch",
        # A list here takes the place of Playwright's own. This is what of it bears on a page.
        "AvoidUnnecessaryBeforeUnloadCheckSync",
        "HttpsFirstBalancedModeAutoEnable",
        "HttpsUpgrades",
        "MediaRouter",
        "NetworkTimeServiceQuerying",
        "OptimizationHints",
        "PaintHolding",
        "ThirdPartyStoragePartitioning",
    ]
)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--renderer-process-limit=1",  # see `_keep_what_it_compiled`
    f"--disable-features={WITHOUT}",
    # A page is looked at for seconds: faster code, and memory that is cleared up often, would cost
    # more than they bring.
    "--js-flags=--no-maglev --no-turbofan --min-semi-space-size=32 --max-semi-space-size=64",
]
"""With the last two, a look at a page takes a quarter less of its process's time: seven pages, each
opened twice, 22.0 to 23.5 seconds for 27.3 to 34.4 (three rounds in turn); with the last alone,
21.9 to 28.4."""


# Of a whole journey: many looks, each of which may need some of its patience.
JOURNEY_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = find_browser() is None
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.timeout(JOURNEY_SECONDS))
            if missing and os.environ.get("CI") != "true":
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="session", autouse=True)
def _fork_server() -> Iterator[None]:
    """One for all servers, each of which would else load one of its own."""
    with pytest.MonkeyPatch.context() as changed:
        changed.delenv(VARIABLE)
        opened = open_fork_server()
        yield
        if opened is not None:  # as on systems that have none
            opened.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """For whoever looks, and for runs of one's own beside those of others."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """For a module that trains on it, or counts its runs."""
    with running_server(tmp_path_factory.mktemp("own_server")) as running:
        yield running


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    with running_server(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        expect.set_options(timeout=1000 * PATIENCE_SECONDS)
        chromium = playwright.chromium.launch(
            executable_path=find_browser(), headless=True, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    """Whose browser keeps what it has loaded and compiled of the app, as a visitor's does.

    It has asked for less motion: to draw the sign that a page is at work, sixty times a second and
    without a graphics card, takes a third of what a look at a page takes.
    """
    size: ViewportSize = {"width": 1440, "height": 1000}
    with browser.new_context(viewport=size, reduced_motion="reduce") as context:
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        _keep_what_it_compiled(context)
        yield context


@pytest.fixture(scope="session")
def somebody_else(browser: Browser) -> Iterator[BrowserContext]:
    """Another visitor, who knows nothing of the first, and sees whatever moves."""
    with browser.new_context() as context:
        context.set_default_timeout(1000 * PATIENCE_SECONDS)
        _keep_what_it_compiled(context)
        yield context


@pytest.fixture
def page(visitor: BrowserContext) -> Iterator[Page]:
    yield from _first_visit(visitor)


@pytest.fixture
def other_page(somebody_else: BrowserContext) -> Iterator[Page]:
    """What somebody else has open, to whom a link is sent."""
    yield from _first_visit(somebody_else)


def _keep_what_it_compiled(context: BrowserContext) -> None:
    """A tab of the app's site that stays open, so that the process which draws the site does.

    Each tab would have a process of its own, and compile anew the megabytes of script that stand
    behind a page: a fifth of what a look at a page takes.
    """
    tab = context.new_page()
    tab.route("**/*", lambda route: route.fulfill(body="<title>Kept open</title>"))
    tab.goto("http://127.0.0.1/")


def _first_visit(context: BrowserContext) -> Iterator[Page]:
    """A page of a browser in which no other test has left a word: no cookie, nothing stored."""
    kept_open = context.pages
    yield context.new_page()
    for page in context.pages:
        if page not in kept_open:
            page.close()
    context.set_storage_state({"cookies": [], "origins": []})
