"""Make sure there is a browser for the browser tests: `python -m tests.browser.install`.

Debian's headless Chromium where apt may be used, else Playwright's own. Failing to get one is fatal
under CI=true only; elsewhere the browser tests say why they are skipped. With `--by-apt`, only what
apt can do is done, for which nothing else need be installed: so it can go on beside all that pip
installs.
"""

from __future__ import annotations  # with `--by-apt`, any Python may run this

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("chromium-headless-shell", "chromium")
"""Of Debian. The first has no window, tabs or settings, pages of their own that no test looks at:
a page of the app takes half the processor's time there."""
NAMES = (*PACKAGES, "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """The path of a Chromium, or None."""
    return _find_installed() or _find_playwrights()


def _find_installed() -> str | None:
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _find_playwrights() -> str | None:
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:  # it is being installed
        return None
    try:
        with sync_playwright() as playwright:
            path = playwright.chromium.executable_path
    except Error:
        return None
    return path if Path(path).exists() else None


def _install_by_apt() -> None:
    """Fetch the first of the packages that there is, where apt may be used."""
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    for package in PACKAGES:
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
        if subprocess.run(command, check=False, env=quiet).returncode == 0:
            return


def main(arguments: list[str]) -> int:
    """Returns 1 if there is no browser although there must be."""
    if find_browser() is None:
        _install_by_apt()
    if "--by-apt" in arguments:
        return 0
    if find_browser() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    if find_browser() is not None:
        return 0
    sys.stderr.write("No browser could be installed; the browser tests will be skipped.\n")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
