"""A class on one server: everybody opens pages, launches, generates and looks at attention at once.

    python -m benchmarks.classroom [--clients 30] [--seconds 60]

In folders of its own it serves the app, with the included model and one place to train. First all
press Generate in the same moment, then all open Attention, then Inside, each on a text of their
own, then all choose another token of it, then all teach a copy a sentence. Then each does something
else every time, in an order of their own, for `seconds`, or nothing more if that is 0; everybody
launches one run.
Another client asks all the while whether the server is well. What is printed is what a client
waited for, without the network, and the memory of the server, and of all that train. Every client
has a cookie of its own, as a browser has.
"""

import argparse
import asyncio
import os
import random
import shutil
import signal
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.clients import Page, Tick, opened
from benchmarks.viewers import environment, processor_seconds, server
from minigpt.jobs.processes import live_worker_pid
from minigpt.runs.store import PROJECT_FOLDER, RunStore

DEMO, STRIP = "demo-shakespeare", "inside-strip"
TOKENS = 200
TEXTS = ("To be, or not to be: that is the question", "My lord, I have news from the field of {}")
LAUNCHED = "preset=quick&corpus=python-docs"
WATCH_SECONDS = 0.5
HEADER = "| what | times | median s | p95 s | worst s |"


@dataclass
class Lesson:
    """What everybody met."""

    url: str
    process: psutil.Process
    """The server."""
    waited: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    told: int = 0
    """How many were told that they wait, before their first token."""
    worked: float = 0.0
    """What the server had computed when what is measured began: seconds of a processor."""

    def note(self, what: str, seconds: float) -> None:
        """One more wait."""
        self.waited.setdefault(what, []).append(seconds)

    def begin(self) -> None:
        """What is measured begins now; what led there does not count."""
        self.waited.pop("health", None)
        self.worked = processor_seconds(self.process)

    def end(self, what: str, clients: int) -> None:
        """All have done it."""
        self.note(f"{what}: health", max(self.waited.pop("health", [0.0])))
        worked = processor_seconds(self.process) - self.worked
        self.note(f"{what}: processor, each", worked / clients)


@dataclass
class Writing:
    """What one visitor sees after pressing Generate."""

    first: float | None = None
    """When a first token was there."""
    answered: float | None = None
    """When anything was: a place in the line, or a way to stop."""
    was_told: bool = False

    def notice(self, message: ForwardMsg, seconds: float) -> None:
        """A message of the server."""
        if message.WhichOneof("type") != "delta" or self.first is not None:
            return
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        said = element.markdown.body if kind == "markdown" else ""
        is_way_out = kind == "button" and element.button.label == "Stop"
        if self.answered is None and (is_way_out or "before you" in said):
            self.answered = seconds
        self.was_told = self.was_told or "before you" in said
        if self.answered is not None and "tokens at step" in said:
            self.first = seconds


async def generate(
    lesson: Lesson, number: int, what: str, together: asyncio.Barrier | None = None
) -> None:
    """Open the page, and press Generate; with everybody else if there is a barrier."""
    query = f"run={DEMO}&tokens={TOKENS}&seed={number}"
    async with opened(lesson.url, "generate", query, cookie=cookie(number)) as page:
        await page.load()
        if together is not None:
            await together.wait()
        writing = Writing()
        done = await page.press("Generate", writing.notice)
    lesson.note(f"{what}: first answer", writing.answered or done.waited)
    lesson.note(f"{what}: first token", writing.first or done.waited)
    lesson.note(f"{what}: {TOKENS} tokens", done.waited)
    lesson.told += writing.was_told


async def look(lesson: Lesson, number: int, name: str, query: str) -> None:
    """Open a page."""
    async with opened(lesson.url, name, query, cookie=cookie(number)) as page:
        lesson.note(f"open {name}", (await page.load()).waited)


async def launch(lesson: Lesson, number: int) -> None:
    """Start a run from the Train page."""
    query = f"{LAUNCHED}&name=client-{number}"
    async with opened(lesson.url, "train", query, cookie=cookie(number)) as page:
        lesson.note("open train", (await page.load()).waited)
        lesson.note("launch", (await page.press("Start training")).waited)


def own_text(number: int) -> str:
    """A text that nobody has looked at."""
    return f"{TEXTS[0]} {in_letters(number)} {in_letters(time.monotonic_ns() % 10**6)}"


def in_letters(number: int) -> str:
    """A number by letters: the demo model knows hardly any digits, and refuses what it cannot read.

    >>> in_letters(307)
    'dah'
    """
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def cookie(number: int) -> str:
    """What tells this client from others, in the form of Streamlit's own."""
    return f"_streamlit_xsrf=2|00000000|{number:032x}|1"


async def attend_together(
    lesson: Lesson, number: int, what: str, together: asyncio.Barrier | None = None
) -> None:
    """Look at the attention on a text of one's own, all in the same moment."""
    text = own_text(number).replace(" ", "%20")
    query = f"run={DEMO}&text={text}"
    async with opened(lesson.url, "attention", query, cookie=cookie(number)) as page:
        if together is not None:
            await together.wait()
        lesson.note(what, (await page.load()).waited)


async def attend(lesson: Lesson, number: int, chance: random.Random) -> None:
    """Look at the attention on a text that nobody else looks at."""
    text = TEXTS[chance.randrange(2)].format(chance.choice("abcdefgh") * chance.randint(1, 10))
    text = f"{text} {in_letters(number)}"
    await look(lesson, number, "attention", f"run={DEMO}&text={text}".replace(" ", "%20"))


async def look_inside(
    lesson: Lesson, number: int, what: str, together: asyncio.Barrier | None = None
) -> None:
    """Have a prediction of a text accounted for that nobody else looks at."""
    text = own_text(number).replace(" ", "%20")
    async with opened(
        lesson.url, "inside", f"run={DEMO}&text={text}", cookie=cookie(number)
    ) as page:
        if together is not None:
            await together.wait()
        lesson.note(what, (await page.load()).waited)


async def choose_token(
    lesson: Lesson, number: int, what: str, together: asyncio.Barrier | None = None
) -> None:
    """Ask about another token of that text, all in the same moment."""
    await act_inside(lesson, number, what, together, "", lambda page: page.choose(STRIP, 9))


async def teach(
    lesson: Lesson, number: int, what: str, together: asyncio.Barrier | None = None
) -> None:
    """Teach a copy a sentence of one's own, all in the same moment."""
    sentence = f"&section=lesson&sentence=the queen of the sea {in_letters(number)}".replace(
        " ", "%20"
    )
    await act_inside(lesson, number, what, together, sentence, lambda page: page.press("One step"))


async def act_inside(
    lesson: Lesson, number: int, what: str, together: asyncio.Barrier | None, query: str,
    act: Callable[[Page], Awaitable[Tick]],
) -> None:  # fmt: skip
    """Open the page of the inside, and then do something on it."""
    text = own_text(number).replace(" ", "%20")
    query = f"run={DEMO}&text={text}{query}"
    async with opened(lesson.url, "inside", query, cookie=cookie(number)) as page:
        await page.load()
        if together is not None:
            await together.wait()
            lesson.begin()
        lesson.note(what, (await act(page)).waited)


async def learn(lesson: Lesson, number: int, seconds: float) -> None:
    """One client's lesson."""
    chance, end = random.Random(number), time.monotonic() + seconds
    await asyncio.sleep(chance.random() * 2)
    is_launched = False
    while time.monotonic() < end:
        choices: list[Callable[[], Awaitable[None]]] = [
            lambda: look(lesson, number, "home", ""),
            lambda: look(lesson, number, "runs", ""),
            lambda: look(lesson, number, "run", f"run={DEMO}"),
            lambda: look(lesson, number, "learn", "lesson=examples"),
            lambda: attend(lesson, number, chance),
            lambda: look_inside(lesson, number, "open inside"),
            lambda: generate(lesson, number, "generate"),
        ]
        if not is_launched:
            choices = [lambda: launch(lesson, number)]
            is_launched = True
        await tried(lesson, chance.choice(choices)())


TOGETHER = {
    "all at once": generate,
    "all attention at once": attend_together,
    "all inside at once": look_inside,
    "all another token at once": choose_token,
    "all teach at once": teach,
}
"""What all clients do in the same moment, one after the other."""


async def tried(lesson: Lesson, doing: Awaitable[None]) -> None:
    """Do it; what goes wrong is noted, and the others go on."""
    try:
        await doing
    except Exception as error:
        lesson.errors.append(f"{type(error).__name__}: {error}"[:300])


async def ask(lesson: Lesson, end: float) -> None:
    """Ask again and again whether the server is well."""
    while time.monotonic() < end:
        lesson.note("health", await asyncio.to_thread(_health, lesson.url))
        await asyncio.sleep(WATCH_SECONDS)


def _health(url: str) -> float:
    began = time.perf_counter()
    with suppress(OSError), urllib.request.urlopen(f"{url}/_stcore/health", timeout=60):
        return time.perf_counter() - began
    return float("inf")  # it is not, however fast that was said


async def measure_memory(process: psutil.Process, peak: dict[str, float], end: float) -> None:
    """Note the most that the server takes, and the most with all the processes it started."""
    while time.monotonic() < end:
        own, all_of_it = process.memory_info().rss / 1e6, 0.0
        for child in process.children(recursive=True):
            with suppress(psutil.Error):
                all_of_it += child.memory_info().rss / 1e6
        peak["server"] = max(peak.get("server", 0.0), own)
        peak["all"] = max(peak.get("all", 0.0), own + all_of_it)
        await asyncio.sleep(WATCH_SECONDS)


async def hold(url: str, process: psutil.Process, clients: int, seconds: float) -> None:
    """The whole lesson; prints what was met."""
    lesson, peak = Lesson(url, process), dict[str, float]()
    await look(lesson, 0, "attention", f"run={DEMO}")  # torch and the model are there from here on
    await look(lesson, 0, "generate", f"run={DEMO}")
    await look(lesson, 0, "inside", f"run={DEMO}")
    lesson.waited.clear()
    began = process.memory_info().rss / 1e6
    together = asyncio.Barrier(clients)
    watching = asyncio.create_task(measure_memory(process, peak, time.monotonic() + 3600))
    asking = asyncio.create_task(ask(lesson, time.monotonic() + 3600))
    for what, doing in TOGETHER.items():
        lesson.begin()
        doings = (doing(lesson, number, what, together) for number in range(clients))
        await asyncio.gather(*(tried(lesson, one) for one in doings))
        lesson.end(what, clients)
    if seconds:
        await asyncio.gather(*(learn(lesson, number, seconds) for number in range(clients)))
    watching.cancel()
    asking.cancel()
    print(f"{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}")
    for what, waits in sorted(lesson.waited.items()):
        print(row(what, waits))
    print(
        f"server {began:.0f} MB before, {peak['server']:.0f} MB at most, "
        f"{process.memory_info().rss / 1e6:.0f} MB after; with all that train "
        f"{peak['all']:.0f} MB at most; load {os.getloadavg()[0]:.1f}"
    )
    print(f"{lesson.told} were told that they wait; {len(lesson.errors)} went wrong")
    for error in sorted(set(lesson.errors))[:5]:
        print("  ", error)


def row(what: str, waits: Sequence[float]) -> str:
    """A line of the table."""
    p95 = statistics.quantiles(waits, n=20, method="inclusive")[-1] if len(waits) > 1 else waits[0]
    cells = [what, str(len(waits)), f"{statistics.median(waits):.2f}", f"{p95:.2f}"]
    return f"| {' | '.join(cells)} | {max(waits):.2f} |"


def main(arguments: argparse.Namespace) -> None:
    """Hold the lesson in folders of its own."""
    with tempfile.TemporaryDirectory() as name, environment(Path(name)):
        os.environ["MINIGPT_MAX_RUNNING"] = "1"
        store = RunStore.default()
        shutil.copytree(PROJECT_FOLDER / "checkpoints" / DEMO, store.root / DEMO)
        try:
            with server(Path(name)) as (url, process):
                asyncio.run(hold(url, process, arguments.clients, arguments.seconds))
        finally:
            _end(store)


def _end(store: RunStore) -> None:
    for run in store.all():
        run.remove("queued")
    for run in store.all():
        if pid := live_worker_pid(run):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.classroom")
    parser.add_argument("--clients", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0, help="of the lesson")
    return parser.parse_args()


if __name__ == "__main__":
    main(_arguments())
