"""How long a page takes in a browser until it stands, and a control until all has followed.

    python -m benchmarks.pages                   # every step of every lesson, and every mode
    python -m benchmarks.pages learn inside      # those whose name holds one of these words
    python -m benchmarks.pages --rounds 7 candidates spans learnt-at tree surprise

In folders of its own it serves the app with the demo models, opens each page in Chromium, 1440
pixels wide, and works one control of it. Each is opened by two visitors, one after the other: for
the first one the server computes what later ones share. Both have a browser that has seen the app
before. Words: when the page's heading was there. Stands, follows: the last change of the page, when
the server's script had ended; what is drawn on a canvas comes with it. Answer: when the part that
answers was drawn, whatever comes below it. Server: of the time to follow, from the browser's first
question to the server's last word. CPU: the server's processor seconds meanwhile. Whatever else the
machine does makes each figure worse, never better: its load is printed beside them. Each round asks
about other texts; a row has the medians, the end the range beside what was aimed at.
"""

import argparse
import math
import os
import re
import shutil
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Error, Page

from benchmarks.browser import START, WATCH, Visit, chromium, median, settle, visitor
from benchmarks.viewers import environment, processor_seconds, server
from minigpt.corpora.builtin import TINY_SHAKESPEARE
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from ui.screens.generate import modes as generation
from ui.screens.inside.sections import SECTIONS
from ui.screens.inspect import modes as attention
from ui.screens.learn.lessons import LESSONS

DEMO, COPYING = "demo-shakespeare", "demo-copying"
COLUMNS = ("words", "stands", "answer", "follows", "server", "processor")
CELLS = "words | stands | answer | follows | server | CPU"
HEADER = f"| page | {CELLS} | {CELLS} | control | load |"
PREPARED = re.compile(r"preparing that took [\d.]+ seconds")
"""What the page says of the index that spans are looked up in."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """Something to do on a page."""

    name: str
    prepare: Callable[[Page, int], None] = lambda page, round_number: None
    """What has to be done first, uncounted; other texts in each round."""
    use: Callable[[Page], None]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A page with a control."""

    name: str
    address: str
    """With the number of the round where it says so."""
    control: Control
    part: str = ""
    """Which of our components answers; all of the page if left out."""
    aim: float | None = None
    """Seconds in which the first visitor should be answered."""


Both = tuple[Visit, Visit]
"""The first visitor's and the second one's."""


def main(arguments: argparse.Namespace) -> None:
    """Print a row for each page, the medians, and what was aimed at."""
    wanted = arguments.names
    # Taken along, or what a text has of the training text could not be asked.
    text = TINY_SHAKESPEARE.path if TINY_SHAKESPEARE.is_cached() else None
    chosen = [one for one in places() if not wanted or any(word in one.name for word in wanted)]
    with (
        tempfile.TemporaryDirectory() as folder,
        environment(Path(folder)),
        server(Path(folder)) as (url, process),
        chromium() as browser,
    ):
        _furnish(Path(folder), text)
        seen = ("", f"attention?run={DEMO}")  # where there are figures of all kinds
        with visitor(browser, url, seen) as first, visitor(browser, url, seen) as second:
            print(f"{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}", flush=True)
            look = Look(url, process, (first, second))
            visits = [look.at(place, arguments.rounds) for place in chosen]
    for number, name in enumerate(("first", "second")):
        print(medians(name, [both[number] for rounds in visits for both in rounds]))
    for place, rounds in zip(chosen, visits, strict=True):
        if place.aim is not None:
            print(beside_aim(place, [first.answer for first, _second in rounds]))
    if look.prepared:
        print(f"The page said of its index: {look.prepared}.")


def _furnish(folder: Path, text: Path | None) -> None:
    """Bring the demo models, and the text that one of them learnt from."""
    if text:
        data = folder / "data"
        data.mkdir(exist_ok=True)
        shutil.copy(text, data / text.name)
    for demo in (DEMO, COPYING):
        shutil.copytree(PROJECT_FOLDER / "checkpoints" / demo, RunStore.default().root / demo)


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
        Place(name=f"generate {name}", address=f"generate?run={DEMO}&{address}", control=control,
              part=PARTS_ASKED.get(name, ""), aim=AIMS.get(name))
        for name, (address, control) in ANSWERS.items()
    ]  # fmt: skip
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


def _reveal(page: Page, _round_number: int) -> None:
    began = page.evaluate(START)
    page.get_by_role("button", name="Show it without a guess").click()
    settle(page, began)


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


def _generate(page: Page, _round_number: int) -> None:
    began = page.evaluate(START)
    page.locator("[data-testid=stMain] button", has_text="Generate").click()
    settle(page, began)


def _look_at_a_token(page: Page, round_number: int) -> None:
    _generate(page, round_number)
    began = page.evaluate(START)
    page.locator(".strip .token").nth(20).click()
    settle(page, began)


def typed(text: str) -> Control:
    """Another text in the page's box, sent off."""
    return Control(
        name="another text",
        prepare=lambda page, round_number: page.locator(BOX).first.fill(text + NEW[round_number]),
        use=lambda page: page.locator(BOX).first.press("Control+Enter"),
    )


BOX = "[data-testid=stMain] textarea"
NEW = (
    "",
    " wind",
    " rain",
    " night",
    " grief",
    " war",
    " king",
    " moon",
    " tide",
    " fire",
    " wine",
)
"""What a text ends in, by the round."""
SPEECH = "First Citizen:\nBefore we proceed any further, hear me sing of love and of the sea.\n"
ANSWERS = {
    "candidates": (
        "tokens=60&seed={round}",
        Control(
            name="token 15",
            prepare=_generate,
            use=lambda page: page.locator(".strip .token").nth(20).click(),
        ),
    ),
    "fork": (
        "tokens=60&seed={round}",
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


PARTS_ASKED = {
    "candidates": "candidates", "fork": "candidates", "spans": "strip", "surprise": "strip",
    "learnt-at": "strip", "tree": "futures",
}  # fmt: skip
"""Which component shows the answer; figures and tables below it come later."""
AIMS = {"candidates": 0.15, "spans": 0.1, "learnt-at": 1.0, "tree": 0.5}
"""Seconds to an answer, its preparation not counted."""


class Look:
    """Two visitors who look at one page after the other."""

    def __init__(
        self, url: str, process: psutil.Process, visitors: tuple[BrowserContext, BrowserContext]
    ) -> None:
        self._url, self._process, self._visitors = url, process, visitors
        self.prepared = ""

    def at(self, place: Place, rounds: int) -> list[Both]:
        """Each round both visitors, one after the other; prints a row."""
        found: list[Both] = []
        for number in range(rounds):
            first, second = (self._visit(place, one, number) for one in self._visitors)
            found.append((first, second))
        cells = [
            " | ".join(f"{median([both[who] for both in found], what):.2f}" for what in COLUMNS)
            for who in (0, 1)
        ]
        load = os.getloadavg()[0]
        row = f"| {place.name} | {' | '.join(cells)} | {place.control.name} | {load:.1f} |"
        print(row, flush=True)
        return found

    def _visit(self, place: Place, visitor: BrowserContext, number: int) -> Visit:
        """Open a page in a tab of its own, and work its control."""
        page = visitor.new_page()
        page.add_init_script(WATCH)
        page.goto(f"{self._url}/{place.address.replace('{round}', str(number))}")
        words, stands, *_rest = settle(page)
        try:
            place.control.prepare(page, number)
            used = processor_seconds(self._process)
            began = page.evaluate(START)
            place.control.use(page)
            _words, _stands, answer, follows, server = settle(page, began, place.part)
            used = processor_seconds(self._process) - used
        except Error:  # another control by now, or one that trains; the others are measured
            answer = follows = server = used = math.nan
        if not self.prepared and (said := PREPARED.search(page.inner_text("body"))):
            self.prepared = said[0]
        page.close()
        return Visit(
            words=words, stands=stands, answer=answer, follows=follows, server=server,
            processor=used,
        )  # fmt: skip


def medians(name: str, visits: Sequence[Visit]) -> str:
    """What half of the pages did not take."""
    words, stands, answer, follows, server, processor = (median(visits, what) for what in COLUMNS)
    return (
        f"{name} visitor, medians of {len(visits)} visits: words {words:.2f} s, stands "
        f"{stands:.2f} s, answer {answer:.2f} s, follows {follows:.2f} s, of which the server "
        f"{server:.2f} s and {processor:.2f} s of its processor"
    )


def beside_aim(place: Place, times: Sequence[float]) -> str:
    """What the first visitor waited for in each round, beside what was aimed at."""
    middle, aim = statistics.median(times), place.aim or 0.0
    return (
        f"{place.name}: {middle:.3f} s ({min(times):.3f} to {max(times):.3f}), aimed at "
        f"{aim:.2f}: {'reached' if middle <= aim else 'not reached'}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages")
    parser.add_argument("names", nargs="*", help="words of the pages' names; all if left out")
    parser.add_argument(
        "--rounds", type=int, default=1, choices=range(1, len(NEW) + 1), metavar="ROUNDS",
        help=f"how often each is asked, 1 to {len(NEW)}",
    )  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    main(_arguments())
