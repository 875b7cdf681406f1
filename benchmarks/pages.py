"""How long a page takes in a browser until it stands, and a control until all has followed.

    python -m benchmarks.pages                   # every step of every lesson, and every mode
    python -m benchmarks.pages learn inside      # those whose name holds one of these words

In folders of its own it serves the app with the demo models, opens each page in Chromium, 1440
pixels wide, and works one control of it. Each is opened by two visitors, one after the other: for
the first one the server computes what later ones share. Both have a browser that has seen the app
before. Words: when the page's heading was there. Stands, follows: the last change of the page, when
the server's script had ended; what is drawn on a canvas comes with it. Server: of the time to
follow, from the browser's first question to the server's last word. Whatever else the machine does
makes each figure worse, never better: its load is printed beside them.
"""

import math
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Error, Page, ViewportSize, sync_playwright

from benchmarks.viewers import environment, server
from minigpt.corpora.builtin import TINY_SHAKESPEARE
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from ui.screens.generate import modes as generation
from ui.screens.inside.sections import SECTIONS
from ui.screens.inspect import modes as attention
from ui.screens.learn.lessons import LESSONS

DEMO, COPYING = "demo-shakespeare", "demo-copying"
SCREEN = ViewportSize(width=1440, height=900)
HEADER = (
    "| page | words | stands | follows | server | words | stands | follows | server | control "
    "| load |"
)
WATCH = """
window.lastChange = 0;
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
new MutationObserver((changes) => {
  if (changes.every(isUnseen)) return;
  window.lastChange = performance.now();
  if (!window.wordsAt && document.querySelector("h1")) window.wordsAt = window.lastChange;
}).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
"""
"""Runs before the page's own scripts; its clock begins when the page is asked for."""
SETTLE = """async (began) => {
  const app = () => document.querySelector("[data-testid=stApp]")?.dataset;
  const works = () => app()?.testScriptState !== "notRunning"
    || app()?.testConnectionState !== "CONNECTED"
    || (window.asked !== null && !(window.answered > window.asked))
    || !document.querySelector("h1") || document.querySelector("[data-testid=stSkeleton]");
  // What was done shows after a moment, on a busy machine a long one; some controls change nothing.
  const waits = () => began !== null && window.lastChange <= 1000 * began
    && performance.now() < 1000 * began + 3000;
  while (works() || waits() || performance.now() - window.lastChange < 350) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const server = window.asked === null ? 0 : window.answered - window.asked;
  const acted = window.actedAt ?? 0;
  return [window.wordsAt, window.lastChange, window.lastChange - acted, server].map(
    (milliseconds) => milliseconds / 1000);
}"""
START = """() => {
  window.asked = window.actedAt = null;
  window.lastChange = performance.now();
  return window.lastChange / 1000;
}"""


@dataclass(frozen=True, kw_only=True)
class Control:
    """Something to do on a page."""

    name: str
    prepare: Callable[[Page], None] = lambda page: None
    """What has to be done first, uncounted."""
    use: Callable[[Page], None]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page with a control."""

    name: str
    address: str
    control: Control


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What one visitor waited for, in seconds."""

    words: float
    stands: float
    follows: float
    """Not a number where its control was not there."""
    server: float
    """Of that, how long the server took to answer."""


def main(wanted: Sequence[str]) -> None:
    """Print a row for each page, and the medians."""
    # Taken along, or what a text has of the training text could not be asked.
    text = TINY_SHAKESPEARE.path if TINY_SHAKESPEARE.is_cached() else None
    chosen = [one for one in places() if not wanted or any(word in one.name for word in wanted)]
    with (
        tempfile.TemporaryDirectory() as folder,
        environment(Path(folder)),
        server(Path(folder)) as (url, _process),
        chromium() as browser,
    ):
        if text:
            data = Path(folder) / "data"
            data.mkdir(exist_ok=True)
            shutil.copy(text, data / text.name)
        for demo in (DEMO, COPYING):
            shutil.copytree(PROJECT_FOLDER / "checkpoints" / demo, RunStore.default().root / demo)
        with visitor(browser, url) as first, visitor(browser, url) as second:
            print(f"{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}", flush=True)
            visits = [look(place, url, first, second) for place in chosen]
    for number, name in enumerate(("first", "second")):
        print(medians(name, [both[number] for both in visits]))


def places() -> list[Place]:
    """All that is looked at."""
    steps = [
        Place(name=f"learn {lesson.name} {step.name}", control=KNOB,
              address=f"learn?lesson={lesson.name}&part={step.name}")
        for lesson in LESSONS.values() for step in lesson.steps
    ]  # fmt: skip
    modes = [
        Place(name=f"{page} {mode}", address=f"{page}?run={DEMO}&{asked}={mode}",
              control=CONTROLS.get(f"{page} {mode}", token(5)))
        for page, asked, offered in PARTS for mode in offered
    ]  # fmt: skip
    answers = [
        Place(name=f"generate {name}", address=f"generate?run={DEMO}&{address}", control=control)
        for name, (address, control) in ANSWERS.items()
    ]
    run = Place(name="run", address=f"run?run={DEMO}", control=pressed("tab", "Events"))
    return [*steps, *modes, *answers, run]


def pressed(role: str, name: str) -> Control:
    """Press what has this role and name."""
    # Playwright names roles by a type of its own.
    return Control(name=name, use=lambda page: page.locator("[data-testid=stMain]").get_by_role(
        role, name=name, exact=True  # type: ignore[arg-type]  # one of those that it knows
    ).first.click())  # fmt: skip


def token(number: int) -> Control:
    """Choose a token of the text on the page."""
    return Control(
        name=f"token {number}",
        use=lambda page: page.locator(".strip .token").nth(number - 1).click(),
    )


def _reveal(page: Page) -> None:
    began = page.evaluate(START)
    page.get_by_role("button", name="Show it without a guess").click()
    page.evaluate(SETTLE, began)


def _turn(page: Page) -> None:
    """Move the first knob of a step; where it has none, guess again."""
    main = page.locator("[data-testid=stMain]")
    for knob in ("[role=slider]", "[role=radio][aria-checked=false]"):
        found = main.locator(knob)
        if found.count():
            if knob == "[role=slider]":
                is_low = found.first.get_attribute("aria-valuenow") == found.first.get_attribute(
                    "aria-valuemin"
                )
                found.first.press("ArrowRight" if is_low else "ArrowLeft")
            else:
                found.first.click()
            return
    main.get_by_role("button", name="Guess again").click()


KNOB = Control(name="a knob", prepare=_reveal, use=_turn)
PARTS = (
    ("generate", "mode", generation.MODES),
    ("attention", "mode", attention.MODES),
    ("inside", "section", SECTIONS),
)
"""Pages, and what the address calls their parts."""
CONTROLS = {
    "generate write": Control(
        name="Generate",
        use=lambda page: page.locator("[data-testid=stMain] button", has_text="Generate").click(),
    ),
    "generate luck": pressed("radio", "temperature"),
    "generate futures": Control(
        name="a line", use=lambda page: page.locator("[role=treeitem]").nth(2).click()
    ),
    "generate beams": pressed("radio", "8"),
    "generate unread": pressed("button", "Try it with “ROMEO:”"),
    "attention compare": pressed("radio", "0.5"),
    "attention swap": pressed("radio", "t"),
    "inside lesson": pressed("button", "One step"),
}
"""Where it is another one than a token of the text."""


def _generate(page: Page) -> None:
    began = page.evaluate(START)
    page.locator("[data-testid=stMain] button", has_text="Generate").click()
    page.evaluate(SETTLE, began)


def _look_at_a_token(page: Page) -> None:
    _generate(page)
    began = page.evaluate(START)
    page.locator(".strip .token").nth(20).click()
    page.evaluate(SETTLE, began)


def typed(text: str) -> Control:
    """Another text in the page's box, sent off."""
    return Control(
        name="another text",
        prepare=lambda page: page.locator("[data-testid=stMain] textarea").first.fill(text),
        use=lambda page: page.locator("[data-testid=stMain] textarea").first.press("Control+Enter"),
    )


SPEECH = "First Citizen:\nBefore we proceed any further, hear me sing of love and of the sea.\n"
ANSWERS = {
    "candidates": (
        "tokens=60",
        Control(
            name="token 15",
            prepare=_generate,
            use=lambda page: page.locator(".strip .token").nth(20).click(),
        ),
    ),
    "fork": (
        "tokens=60",
        Control(
            name="another token",
            prepare=_look_at_a_token,
            use=lambda page: page.locator(".candidates button.row:not(.came)").nth(1).click(),
        ),
    ),
    "spans": ("mode=read", typed(SPEECH)),
    "votes": ("mode=read", token(9)),
    "surprise": ("mode=surprise", typed(SPEECH)),
    "learnt-at": ("mode=known", typed("hear me sing of love and of the sea")),
    "tree": ("mode=futures", typed("hear me sing of")),
}
"""What the page of generation answers to: the rest of its address, and the question."""


def look(
    place: Place, url: str, first: BrowserContext, second: BrowserContext
) -> tuple[Visit, Visit]:
    """Both visitors, one after the other; prints a row."""
    visits = visit(place, url, first), visit(place, url, second)
    cells = [
        f"{one.words:.2f} | {one.stands:.2f} | {one.follows:.2f} | {one.server:.2f}"
        for one in visits
    ]
    load = os.getloadavg()[0]
    row = f"| {place.name} | {' | '.join(cells)} | {place.control.name} | {load:.1f} |"
    print(row, flush=True)
    return visits


def visit(place: Place, url: str, visitor: BrowserContext) -> Visit:
    """Open a page in a tab of its own, and work its control."""
    page = visitor.new_page()
    page.add_init_script(WATCH)
    page.goto(f"{url}/{place.address}")
    words, stands, _since, _server = page.evaluate(SETTLE, None)
    try:
        place.control.prepare(page)
        began = page.evaluate(START)
        place.control.use(page)
        _words, _stands, follows, server = page.evaluate(SETTLE, began)
    except Error:  # another control by now, or one that trains; the others are measured
        follows = server = math.nan
    page.close()
    return Visit(words=words, stands=stands, follows=follows, server=server)


def medians(name: str, visits: Sequence[Visit]) -> str:
    """What half of the pages did not take."""
    words, stands, follows, server = (
        statistics.median(time for one in visits if not math.isnan(time := getattr(one, what)))
        for what in ("words", "stands", "follows", "server")
    )
    return (
        f"{name} visitor, medians of {len(visits)} pages: words {words:.2f} s, stands "
        f"{stands:.2f} s, follows {follows:.2f} s, of which the server {server:.2f} s"
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's browser, else Playwright's own."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@contextmanager
def visitor(browser: Browser, url: str) -> Iterator[BrowserContext]:
    """Somebody who has opened the app, and a page with all kinds of figures, once."""
    with browser.new_context(viewport=SCREEN, locale="en-GB") as context:
        context.set_default_timeout(30_000)
        for address in ("", f"attention?run={DEMO}"):
            page = context.new_page()
            page.add_init_script(WATCH)
            page.goto(f"{url}/{address}")
            page.evaluate(SETTLE, None)
            page.close()
        yield context


if __name__ == "__main__":
    main(sys.argv[1:])
