"""Draw README's pictures of pages from a running app: `python docs/images/pages.py ADDRESS`.

It should hold the demo runs, and for Home one that was trained here; what else the machine does
shows in the times that Train foretells. Needs the browser of the tests.
"""

import io
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent
DEMO = "run=demo-shakespeare"
SIZE = {"width": 1280, "height": 800}
COLORS = 200
"""Enough for pages of few colours, in a file of a third of the size."""
BROWSERS = ("chromium", "chromium-headless-shell")
IDLE = """() => {
  const app = document.querySelector("[data-testid=stApp]")?.dataset;
  return app?.testConnectionState === "CONNECTED" && app.testScriptState === "notRunning"
    && document.querySelector("h1") && !document.querySelector("[data-testid=stSkeleton]");
}"""


def main(address: str) -> None:
    """Write the pictures anew."""
    with sync_playwright() as playwright:
        known = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=known, args=["--no-sandbox"])
        for name, (path, use) in PICTURES.items():
            page = browser.new_page(viewport=SIZE, color_scheme="light", locale="en-GB")
            page.goto(f"{address.rstrip('/')}/{path}", wait_until="domcontentloaded")
            settle(page)
            use(page)
            settle(page)
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            by = Image.Quantize.MAXCOVERAGE  # no small patch of colour becomes grey
            small = shot.quantize(COLORS, method=by, dither=Image.Dither.NONE)
            small.save(FOLDER / f"{name}.png", optimize=True)
            page.close()
        browser.close()


def settle(page: Page) -> None:
    """Wait until the server's script has ended, and what it sent is drawn."""
    for _ in range(2):  # a fragment may begin when the page has ended
        page.wait_for_function(IDLE, timeout=120_000)
        page.wait_for_timeout(1500)


def look(page: Page) -> None:
    """Leave it as it is."""


def guess(page: Page) -> None:
    """Answer the question of a lesson, wrong, as most do."""
    page.get_by_role("radio", name=re.compile("Little by little")).click()
    settle(page)
    page.get_by_role("button", name="Show what happens").click()
    settle(page)
    page.mouse.move(SIZE["width"] / 2, SIZE["height"] - 5)


PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "home": ("", look),
    "train": ("train", look),
    "run": (f"run?{DEMO}", look),
    "attention": (f"attention?{DEMO}", look),
    "inside": (f"inside?{DEMO}", look),
    "learn": ("learn?lesson=birth&part=when", guess),
}
"""Each with the address within the app and what is done there."""

if __name__ == "__main__":
    main(sys.argv[1])
