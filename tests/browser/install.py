"""Make sure there is a browser for the browser tests: `python -m tests.browser.install`.

Debian's chromium where apt may be used, else Playwright's own. Failing to get one is fatal under
CI=true only; elsewhere the browser tests say why they are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """The path of a Chromium, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return None
    return path if Path(path).exists() else None


def install() -> None:
    """Fetch a browser by whichever way this machine has."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            check=False,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Returns 1 if there is no browser although there must be."""
    if find_browser() is None:
        install()
    if find_browser() is not None:
        return 0
    sys.stderr.write("No browser could be installed; the browser tests will be skipped.\n")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
