"""Draw docs/images/moments.png from what the demo run recorded: `python docs/images/moments.py`.

Four moments of its training side by side, each with the validation loss and the text that the run
itself wrote down at that step. Needs the browser of the tests.
"""

import html
import json
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "checkpoints" / "demo-shakespeare"
PICTURE = Path(__file__).with_name("moments.png")
STEPS = (0, 100, 500, 2000)
CHARACTERS = 150
WIDTH = 860
"""As wide as a README is shown; drawn at twice as many pixels."""
BROWSERS = ("chromium", "chromium-headless-shell")
STYLE = """
    @font-face { font-family: Inter; src: url(%(fonts)s/inter.woff2); font-weight: 100 900 }
    @font-face { font-family: Mono; src: url(%(fonts)s/jetbrains-mono.woff2) }
    body { margin: 0; background: #fcfbf8; color: #16181b; font: 14px Inter }
    main { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; padding: 12px }
    section { border-top: 3px solid #1d5fa6; padding-top: 8px }
    h2 { margin: 0; font-size: 16px; font-weight: 650 }
    p { margin: 2px 0 10px; color: #5f6670 }
    pre { margin: 0; font: 12.5px/1.5 Mono; white-space: pre-wrap; overflow-wrap: anywhere }
"""


def main() -> None:
    """Write the picture anew."""
    losses = {row["step"]: row["validation_loss"] for row in rows("metrics")}
    texts = {row["step"]: row["text"] for row in rows("samples")}
    page = document([(step, losses[step], shortened(texts[step])) for step in STEPS])
    with sync_playwright() as playwright:
        known = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=known)
        tab = browser.new_page(viewport={"width": WIDTH, "height": 100}, device_scale_factor=2)
        draft = PICTURE.with_suffix(".html")
        draft.write_text(page, encoding="utf-8")
        try:
            tab.goto(draft.as_uri())
            tab.evaluate("document.fonts.ready")
            tab.screenshot(path=PICTURE, full_page=True)
        finally:
            draft.unlink()
        browser.close()


def rows(name: str) -> list[dict[str, Any]]:
    """The lines of one of the run's records."""
    lines = (RUN / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def shortened(text: str) -> str:
    """The beginning of a text, up to a whole word."""
    return text[:CHARACTERS].rpartition(" ")[0].strip() + " …"


def document(moments: list[tuple[int, float, str]]) -> str:
    """The page to take a picture of; each moment is a step, its loss and its text."""
    sections = (
        f"<section><h2>Step {step:,}</h2><p>validation loss {loss:.2f}</p>"
        f"<pre>{html.escape(text)}</pre></section>"
        for step, loss, text in moments
    )
    style = STYLE % {"fonts": (ROOT / "static").as_uri()}
    return (
        f"<!doctype html><meta charset=utf-8><style>{style}</style><main>{''.join(sections)}</main>"
    )


if __name__ == "__main__":
    main()
