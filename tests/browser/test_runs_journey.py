"""A run's whole life: refreshed, paused, resumed, stopped, compared, deleted, brought back."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunStore
from tests.browser.harness import TICK_PIXELS, Server, click_row, expect_status, settle, wait_until

STEPS = 1_000_000
"""More than anybody waits for: these runs end because they are stopped."""
START = (
    "train?corpus=sentences&preset=tinygpt-words&name=First"
    f"&training.steps={STEPS}&training.evaluation_interval=50"
)
PLAIN_TEXT = ".plain-text .words"
CHART_STEP = r"Loss over steps, up to step ([\d,]+)"
PROGRESS_STEP = rf"Step ([\d,]+) of {STEPS:,}"
WAIT_FOR_STEP = """([pattern, least]) => {
    const found = document.body.innerHTML.match(pattern);
    if (!found) return false;
    const step = Number(found[1].replaceAll(',', ''));
    window.lowestStep = Math.min(window.lowestStep ?? Infinity, step);
    return step >= least;
}"""


def test_from_start_to_import(fresh_server: Server, page: Page, tmp_path: Path) -> None:
    store = RunStore(fresh_server.checkpoints)
    page.goto(f"{fresh_server.url}/{START}")
    first = _start(store, page)
    _refresh(page)
    _pause_and_resume(page, first)
    _stop(page)
    _expect_the_last(page, first)
    page.goto(f"{fresh_server.url}/run?run={first.id}")  # as the one that comes back is opened
    settle(page)
    _expect_the_last(page, first)
    before = _shown(page)
    second = _start_another_like_it(store, page, name="Second")
    _stop(page)
    _compare(page, "Second", "First")
    archive = _download(page, first, tmp_path)
    _delete(page, row=1, name="First")
    assert not first.exists
    assert second.exists
    brought_back = _import(store, page, archive)
    _expect_the_last(page, brought_back)
    _expect_shown(page, before)


def _start(store: RunStore, page: Page) -> RunDirectory:
    settle(page)
    page.get_by_role("button", name="Start training").click()
    page.wait_for_url(re.compile(r"/run\?run="))
    expect_status(page, "running")
    return store.open(parse_qs(urlsplit(page.url).query)["run"][0])


def _refresh(page: Page) -> None:
    _wait_for_step(page, CHART_STEP, 1)
    progress, drawn = _step(page, PROGRESS_STEP), _step(page, CHART_STEP)
    page.reload()
    settle(page)
    expect_status(page, "running")
    _wait_for_step(page, PROGRESS_STEP, progress + 1)
    _wait_for_step(page, CHART_STEP, drawn + 1)


def _pause_and_resume(page: Page, run: RunDirectory) -> None:
    _press(page, "Pause")
    expect_status(page, "paused")
    paused = run.read("state")["step"]
    expect(page.get_by_text(f"Somebody paused it at step {paused:,}.")).to_be_visible()
    _press(page, "Resume")
    expect_status(page, "running")
    page.evaluate("window.lowestStep = Infinity")
    _wait_for_step(page, PROGRESS_STEP, paused + 1)
    assert page.evaluate("window.lowestStep") >= paused
    steps = [row["step"] for row in run.lines("metrics")]
    assert steps == sorted(set(steps))


def _stop(page: Page) -> None:
    _wait_for_step(page, CHART_STEP, 50)  # so that it has been judged and has written
    _press(page, "Stop")
    expect_status(page, "stopped")
    settle(page)


def _start_another_like_it(store: RunStore, page: Page, *, name: str) -> RunDirectory:
    page.get_by_test_id("stMain").get_by_role("button", name="More").click()
    page.get_by_role("link", name="Train another like it").click()
    page.wait_for_url(re.compile(r"/train\?like="))
    settle(page)
    page.get_by_label("Learning rate", exact=True).fill("0.004")
    page.get_by_label("Name", exact=True).fill(name)
    page.keyboard.press("Tab")
    page.wait_for_url(re.compile(rf"name={name}"))
    return _start(store, page)


def _compare(page: Page, newer: str, older: str) -> None:
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    for row in (0, 1):
        settle(page)
        click_row(page, row, across=TICK_PIXELS)
        page.wait_for_url(re.compile("runs=" + "[^&]+%2C" * row))
    expect(page.get_by_text("What differs")).to_be_visible()
    expect(page.get_by_label(f"Loss of {newer}, {older}", exact=True)).to_be_visible()
    # A canvas, too; what is in it is written out beneath for screen readers.
    cells = page.get_by_test_id("stDataFrame").nth(1).locator("[role=gridcell]")
    expect(cells).to_have_text(["learning rate (training)", "0.004", "0.001"])


def _download(page: Page, run: RunDirectory, folder: Path) -> Path:
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as started:
        page.get_by_role("button", name="First", exact=True).click()
    assert started.value.suggested_filename == f"{run.id}.zip"
    started.value.save_as(folder / "run.zip")
    page.keyboard.press("Escape")
    return folder / "run.zip"


def _delete(page: Page, *, row: int, name: str) -> None:
    page.get_by_role("button", name="Untick all").click()
    expect(page.get_by_text("What differs")).to_have_count(0)
    settle(page)
    click_row(page, row, across=TICK_PIXELS)
    page.get_by_role("button", name="Delete …").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(f"{name} goes with all")).to_be_visible()
    dialog.get_by_role("button", name="Delete it for good").click()
    expect(page.get_by_text("Deleted.")).to_be_visible()


def _import(store: RunStore, page: Page, archive: Path) -> RunDirectory:
    page.get_by_role("button", name="Import a run").click()
    page.locator("input[type=file]").set_input_files(archive)
    page.get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url(re.compile(r"/run\?run="))
    expect_status(page, "stopped")
    settle(page)
    return store.open(parse_qs(urlsplit(page.url).query)["run"][0])


def _expect_the_last(page: Page, run: RunDirectory) -> None:
    """What a run wrote last comes with its status, or a moment later, and what it replaces goes."""
    newest = run.lines("samples")[-1]["text"].strip()
    expect(page.locator(PLAIN_TEXT).first).to_have_text(newest)
    _wait_for_step(page, CHART_STEP, run.lines("metrics")[-1]["step"])
    _wait_for_step(page, PROGRESS_STEP, run.read("state")["step"])
    settle(page)


def _shown(page: Page) -> tuple[str, int, int, list[str]]:
    """What a run's page shows of it: its name, its step, how far its curve goes, its samples."""
    name = page.get_by_role("heading", level=1).inner_text()
    samples = page.locator(PLAIN_TEXT).all_inner_texts()
    return name, _step(page, PROGRESS_STEP), _step(page, CHART_STEP), samples


def _expect_shown(page: Page, wanted: tuple[str, int, int, list[str]]) -> None:
    """That the page comes to show this: what was on it before may stay for a moment."""
    name, _, _, samples = wanted
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(PLAIN_TEXT)).to_have_text(samples)
    assert _shown(page)[:3] == wanted[:3]


def _press(page: Page, label: str) -> None:
    page.get_by_test_id("stMain").get_by_role("button", name=label, exact=False).first.click()


def _step(page: Page, pattern: str) -> int:
    found = re.search(pattern, page.content())
    assert found is not None
    return int(found[1].replace(",", ""))


def _wait_for_step(page: Page, pattern: str, least: int) -> None:
    wait_until(page, WAIT_FOR_STEP, [pattern, least])
