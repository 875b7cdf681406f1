"""A browser that notes when a page last changed, and when the server was asked and answered."""

import math
import shutil
import statistics
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

LIMIT_SECONDS = 300.0
"""What the slowest page takes on a busy machine, a few times over."""
SCREEN = ViewportSize(width=1440, height=900)
WATCH = """
window.lastChange = 0;
window.parts = {};
window.asked = null;
window.actedAt = null;
for (const act of ["pointerdown", "keydown"]) {
  addEventListener(act, () => { window.actedAt ??= performance.now(); }, true);
}
window.WebSocket = class extends WebSocket {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", () => { window.answered = performance.now(); });
  }
  send(message) {
    window.asked ??= performance.now();
    super.send(message);
  }
};
// A table has its words once more for those who do not see it, a while after it is drawn.
const isUnseen = (change) => change.target.nodeName === "CANVAS" && change.type === "childList";
const noted = new MutationObserver((changes) => {
  if (changes.every(isUnseen)) return;
  window.lastChange = performance.now();
  if (!window.wordsAt && document.querySelector("h1")) window.wordsAt = window.lastChange;
  for (const { target } of changes) {
    const part = target.getRootNode().querySelector(".root")?.classList[1];
    if (part) window.parts[part] = window.lastChange;
  }
});
const all = { subtree: true, childList: true, attributes: true, characterData: true };
noted.observe(document, all);
// Our own components draw in shadow trees, which nobody sees from outside.
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (given) {
  const root = attach.call(this, given);
  noted.observe(root, all);
  return root;
};
"""
"""Runs before the page's own scripts; its clock begins when the page is asked for."""
SETTLE = """async ([began, part, limit]) => {
  const ends = performance.now() + 1000 * limit;
  const app = () => document.querySelector("[data-testid=stApp]")?.dataset;
  const works = () => app()?.testScriptState !== "notRunning"
    || app()?.testConnectionState !== "CONNECTED"
    || (window.asked !== null && !(window.answered > window.asked))
    || !document.querySelector("h1") || document.querySelector("[data-testid=stSkeleton]");
  // What was done shows after a moment, on a busy machine a long one; some controls change nothing.
  const waits = () => began !== null && window.lastChange <= 1000 * began
    && performance.now() < 1000 * began + 3000;
  while (works() || waits() || performance.now() - window.lastChange < 350) {
    if (performance.now() > ends) return null;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const server = window.asked === null ? 0 : window.answered - window.asked;
  const acted = window.actedAt ?? 0;
  const answer = (window.parts[part] ?? window.lastChange) - acted;
  return [window.wordsAt, window.lastChange, answer, window.lastChange - acted, server].map(
    (milliseconds) => milliseconds / 1000);
}"""
START = """() => {
  window.asked = window.actedAt = null;
  window.parts = {};
  window.lastChange = performance.now();
  return window.lastChange / 1000;
}"""


def settle(
    page: Page, began: float | None = None, part: str = "", *, limit: float = LIMIT_SECONDS
) -> list[float]:
    """Wait until the server is done and the page no longer changes.

    Args:
        page: One that `WATCH` was added to.
        began: When something was done with it, as `START` says; None for a page that opens.
        part: The class of what answers.
        limit: For so many seconds.

    Returns:
        When the title stood and when the page last changed, in seconds since it was asked for; how
        long after what was done the part changed, the page, and the server had answered.

    Raises:
        TimeoutError: it still works, or changes, after all that time.
    """
    found: list[float] | None = page.evaluate(SETTLE, [began, part, limit])
    if found is None:
        raise TimeoutError(
            f"{page.url} has not settled within {limit:g} s: the server still works, or the page "
            "still changes. Open it by hand and see what goes on there."
        )
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's browser, else Playwright's own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-headless-shell"),
            args=["--no-sandbox", "--disable-gpu"],
        )
        yield opened
        opened.close()


@contextmanager
def visitor(browser: Browser, url: str, seen: Sequence[str]) -> Iterator[BrowserContext]:
    """Somebody who has opened these addresses of the app once."""
    with browser.new_context(viewport=SCREEN, locale="en-GB") as context:
        context.set_default_timeout(30_000)
        for address in seen:
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(f"{url}/{address}")
            settle(page)
            page.close()
        yield context


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one visitor waited for, in seconds."""

    words: float
    stands: float
    answer: float
    """When the part of the page that answers was last drawn; not a number where there is none."""
    follows: float
    """Not a number where its control was not there."""
    server: float
    """Of that, how long the server took to answer."""
    processor: float
    """Of all cores, by the server meanwhile."""


def median(visits: Sequence[Visit], what: str) -> float:
    """Of one figure, over the visits that have it; not a number where none does."""
    found = [time for one in visits if not math.isnan(time := getattr(one, what))]
    return statistics.median(found) if found else math.nan
