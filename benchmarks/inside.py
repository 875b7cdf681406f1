"""How long the page of the inside takes to answer a click, and where that time goes.

    python -m benchmarks.inside [--clicks 9] [--models demo large]

In folders of its own it serves the app with the demo model, and with one of 6 layers of 6 heads,
width 384 and context 256, whose weights are random. In Chromium, 1440 pixels wide, it chooses one
token of a text after the other, which nobody has asked about before; then the same again, as the
next visitor would; then it teaches a copy a sentence. From the click on: `text`, until the text is
coloured by who wrote the prediction; `bars`, until the figure of the sum has changed; `worth`,
until what is missed without each part is in it; `losses`, until those of the taught copy are there;
`all`, until nothing changes any more. `server`: from the browser's question to the server's last
word. `processor`: what the server computed for it, by the processor's clock, which other work on
the machine hardly lengthens. `numbers`: the same computed here, without a page. Milliseconds,
medians and, in brackets, the worst.
"""

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import torch
from playwright.sync_api import BrowserContext, Page

from benchmarks.browser import START, WATCH, chromium, settle, visitor
from benchmarks.pages import DEMO
from benchmarks.viewers import environment, processor_seconds, server
from minigpt.checkpoints.weights import save_checkpoint
from minigpt.corpora import offline_default
from minigpt.corpora.builtin import TINY_SHAKESPEARE
from minigpt.introspection.attribution.receipt import receipt
from minigpt.introspection.attribution.removal import logits_without
from minigpt.introspection.attribution.sources import sources
from minigpt.introspection.trace import trace
from minigpt.jobs.submission import checked_config
from minigpt.jobs.worker.setup import prepare_training
from minigpt.runs.presets import preset_named
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.training.distributed import World

LARGE = {
    "model.context_length": 256, "model.width": 384, "model.num_layers": 6, "model.num_heads": 6,
    "training.batch_size": 1,
}  # fmt: skip
TEXT = "First, hear me speak of the sea, and of the queen of the land."
SENTENCES = ("the queen of the sea {}", "a king said to a queen {}", "hear the sea again {}")
COLUMNS = ("text", "bars", "worth", "losses", "all", "server", "processor", "numbers")
HEADER = f"| model | what | times | {' | '.join(COLUMNS)} | load |"
MARKS = """
window.marks = {};
const look = (changes) => {
  const acted = window.actedAt, now = performance.now();
  if (acted === null) return;
  for (const change of changes) {
    const at = change.target.nodeType === 1 ? change.target : change.target.parentElement;
    const within = (one) => at?.closest(one) || at?.querySelector(one);
    if (change.attributeName === "aria-label" && at.matches(".token")) window.marks.text ??= now;
    if (change.attributeName === "aria-label" && at.matches(".stEChartsChart")) {
      if (at.closest("[class*=st-key-receipt-bars]")) {
        window.marks.bars ??= now;
        window.marks.worth = now;
      }
    }
    const isNew = change.type !== "attributes";  // what waits is only made paler
    if (isNew && within("[data-testid=stMetricValue]")) window.marks.losses ??= now;
  }
};
const watcher = new MutationObserver(look), everything = {
  subtree: true, childList: true, attributes: true, characterData: true,
};
watcher.observe(document, everything);
const attachSeen = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (given) {
  const root = attachSeen.call(this, given);
  watcher.observe(root, everything);
  return root;
};
"""
"""Beside `WATCH`: when which part of this page changed first, or last."""
READ = """() => Object.fromEntries(
  Object.entries(window.marks).map(([name, at]) => [name, at - window.actedAt]))"""


@dataclass
class Times:
    """What was met when the same kind of thing was done several times, in milliseconds."""

    model: str
    what: str
    met: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **milliseconds: float) -> None:
        """One more time."""
        for name, value in milliseconds.items():
            self.met.setdefault(name, []).append(value)

    @property
    def row(self) -> str:
        """A line of the table."""
        cells = [_cell(self.met.get(name, [])) for name in COLUMNS]
        times = len(self.met.get("server", []))
        load = f"{os.getloadavg()[0]:.1f}"
        return f"| {' | '.join([self.model, self.what, str(times), *cells, load])} |"


def _cell(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} ({max(times):.0f})" if times else ""


@dataclass(frozen=True)
class Watched:
    """A page in a browser, and the process that serves it."""

    page: Page
    process: psutil.Process

    def do(self, act: Callable[[], object], times: Times, **more: float) -> None:
        """Do something, and note when what followed."""
        self.page.evaluate("() => { window.marks = {}; }")
        began, used = self.page.evaluate(START), processor_seconds(self.process)
        act()
        *_others, follows, server = settle(self.page, began)
        used = processor_seconds(self.process) - used
        times.note(**self.page.evaluate(READ), **more)
        times.note(all=1000 * follows, server=1000 * server, processor=1000 * used)


def main(arguments: argparse.Namespace) -> None:
    """Print a row for each thing that is done with each model."""
    torch.set_num_threads(1)  # as the app's server has it
    text = TINY_SHAKESPEARE.path if TINY_SHAKESPEARE.is_cached() else None
    with tempfile.TemporaryDirectory() as name, environment(folder := Path(name)):
        if text:  # taken along, or nobody could say what is forgotten
            (folder / "data").mkdir()
            shutil.copy(text, folder / "data" / text.name)
        store = RunStore.default()
        shutil.copytree(PROJECT_FOLDER / "checkpoints" / DEMO, store.root / DEMO)
        runs = {"demo": DEMO, "large": _large(store)}
        print(f"{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}", flush=True)
        with (
            server(folder) as (url, process),
            chromium() as browser,
            visitor(browser, url, ["", f"attention?run={DEMO}"]) as one,
        ):
            for model in arguments.models:
                trained = open_model(store.open(runs[model]), step=None)
                opened = (one, process, f"{url}/inside?run={runs[model]}")
                for row in _measured(*opened, model, trained, arguments.clicks):
                    print(row.row, flush=True)


def _large(store: RunStore) -> str:
    """A run of random weights that looks as if it were done."""
    config = preset_named("quick").config.changed({"corpus.name": offline_default(), **LARGE})
    run = store.create(checked_config(config), name="6 x 384")
    prepared = prepare_training(run, run.config(), World())
    save_checkpoint(run.weights, prepared.model, step=0, validation_loss=None)
    run.write("exit", {"outcome": "finished"})
    return run.id


def _measured(
    browser: BrowserContext, process: psutil.Process, address: str, model: str,
    trained: TrainedModel, clicks: int,
) -> Iterator[Times]:  # fmt: skip
    watched = Watched(browser.new_page(), process)
    watched.page.add_init_script(WATCH + MARKS)
    places = [round((one + 0.5) * len(TEXT) / clicks) for one in range(clicks)]
    _open(watched.page, f"{address}&text={quote(TEXT)}")
    for what in ("a token", "the same again"):
        times = Times(model, what)
        for place in places:
            numbers = {"numbers": _numbers(trained, place)} if what == "a token" else {}
            token = watched.page.locator(".strip .token").nth(place)
            watched.do(token.click, times, **numbers)
        yield times
    yield from _taught(watched, f"{address}&section=lesson", model, clicks)
    watched.page.close()


def _open(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)


def _taught(watched: Watched, address: str, model: str, times: int) -> Iterator[Times]:
    """Teach sentences: one step of each, and ten more."""
    one, ten = Times(model, "one step"), Times(model, "ten more")
    for number in range(times):
        sentence = SENTENCES[number % len(SENTENCES)].format(chr(ord("a") + number) * 20)
        _open(watched.page, f"{address}&sentence={quote(sentence)}")
        for label, noted in (("One step", one), ("Ten more", ten)):
            watched.do(watched.page.get_by_role("button", name=label, exact=True).click, noted)
    yield from (one, ten)


def _numbers(trained: TrainedModel, place: int) -> float:
    """Milliseconds for a receipt, its sources and what each part is worth, and nothing else."""
    tokens = torch.tensor([trained.tokenizer.encode(TEXT)])
    seen = trace(trained.model, tokens)
    began = time.process_time()
    found = receipt(trained.model, tokens, seen, position=place, token=0, against=1)
    sources(trained.model, seen, found)
    logits_without(trained.model, tokens, seen, position=place)
    return 1000 * (time.process_time() - began)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inside")
    parser.add_argument("--clicks", type=int, default=9, help="of each kind")
    parser.add_argument("--models", nargs="+", choices=("demo", "large"), default=["demo", "large"])
    return parser.parse_args()


if __name__ == "__main__":
    main(_arguments())
