"""The heads of a run while it trains, its film afterwards, and the film as a page of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from minigpt.jobs.actions import pause
from minigpt.runs.attention.film import Film, film_of
from minigpt.runs.attention.film_file import write_film
from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunStore
from tests.browser.harness import PATIENCE_SECONDS, ROOT, Server, settle, wait_until

STEPS = 400
BAR, TILES = ".film-bar[data-drawn]", ".head-tiles[data-drawn]"
TRAIN = [
    "train", "--preset", "quick", "--corpus", "sentences", "--name", "Filmed",
    "--set", f"training.steps={STEPS}", "--set", "training.evaluation_interval=100",
    "--set", "compute.threads=1", "--set", "logging.sample_tokens=20",
]  # fmt: skip


@contextmanager
def training(own_server: Server) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "minigpt", *TRAIN], cwd=ROOT, env=own_server.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(scope="module")
def run(own_server: Server) -> RunDirectory:
    """A run that was paused early: however slow a page is, it finds the training unfinished."""
    with training(own_server) as process:
        found = with_frames(own_server)
        pause(found)
        process.wait(PATIENCE_SECONDS)
    return found


def with_frames(own_server: Server) -> RunDirectory:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        for found in RunStore(own_server.checkpoints).all():
            if found.name() == "Filmed" and len(list(found.frame_rows())) > 2:
                return found
        time.sleep(0.2)
    raise AssertionError("it kept no frames")


def film(run: RunDirectory) -> Film:
    found = film_of(run.frame_rows())
    assert found is not None
    return found


def step_shown(page: Page) -> int:
    label = page.locator(f"{BAR} .at").text_content() or ""
    return int(re.sub(r"\D", "", label.partition("·")[0]))


def cells_shown(page: Page) -> list[int]:
    """What the tiles are drawn from, cell by cell."""
    drawn: list[int] = page.locator(TILES).evaluate(
        "root => Array.from(root.shown.group.film?.cells ?? root.shown.cells)"
    )
    return drawn


def cells_of(run: RunDirectory, step: int) -> list[int]:
    kept = film(run)
    return list(kept.cells[kept.steps.index(step)])


def expect_cells(page: Page, wanted: list[int]) -> None:
    """Wait until the tiles are drawn from these: they come a moment after the words."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while cells_shown(page) != wanted:
        assert time.monotonic() < deadline, "the tiles show something else"
        time.sleep(0.1)


def expect_step(page: Page, step: int) -> None:
    expect(page.locator(f"{BAR} .at")).to_have_text(re.compile(rf"^step {step:,} "))


def test_tiles_follow_a_training_in_place(
    own_server: Server, page: Page, run: RunDirectory
) -> None:
    page.goto(f"{own_server.url}/run?run={run.id}")
    tiles = page.locator(TILES)
    expect(tiles.locator("canvas.tiles")).to_be_visible()
    kept = film(run)
    expect(tiles.locator("[role=option]")).to_have_count(kept.layers * kept.heads)
    expect(page.locator(".strip .token")).to_have_count(len(kept.ids))
    before = step_shown(page)
    assert before < STEPS
    page.get_by_role("button", name="Resume", exact=True).click()
    goes_on = page.get_by_text("it goes on by itself", exact=False)
    expect(goes_on).to_be_visible()
    tiles.evaluate("root => { root.isTheSame = true; }")
    wait_until(
        page,
        """step => [...document.querySelectorAll("*")].some(one => {
          const at = one.shadowRoot?.querySelector(".film-bar .at")?.textContent;
          return at && Number(at.split("·")[0].replace(/\\D/g, "")) > step;
        })""",
        before,
    )
    assert tiles.evaluate("root => root.isTheSame === true")  # updated, not drawn anew
    expect_step(page, STEPS)
    settle(page)
    expect_cells(page, cells_of(run, STEPS))
    assert not page.get_by_test_id("stException").count()


def test_its_film_plays_and_comes_to_rest(
    own_server: Server, page: Page, run: RunDirectory
) -> None:
    page.goto(f"{own_server.url}/run?run={run.id}&step=0")
    expect_step(page, 0)
    page.get_by_role("button", name="Play", exact=True).click()
    wait_until(
        page,
        """() => [...document.querySelectorAll("*")].some(one =>
          Number(one.shadowRoot?.querySelector(".film-bar input")?.value) >= 5)""",
    )
    page.get_by_role("button", name="Stop", exact=True).click()
    stopped = step_shown(page)
    expect(page).to_have_url(re.compile(f"step={stopped}$"))
    settle(page)
    assert cells_shown(page) == cells_of(run, stopped)
    page.locator(f"{BAR} input").focus()
    page.keyboard.press("ArrowRight")
    steps = film(run).steps
    expect_step(page, steps[steps.index(stopped) + 1])


def test_attention_plays_the_same_frames(own_server: Server, page: Page, run: RunDirectory) -> None:
    kept, saved = film(run), {0, 1, STEPS}
    step = next(one for one in kept.steps[5:] if one not in saved)
    page.goto(f"{own_server.url}/attention?run={run.id}&step={step}")
    settle(page)
    expect_step(page, step)
    shown = cells_shown(page)
    assert len(shown) == len(kept.cells[0])
    close = np.abs(np.array(shown) - np.array(cells_of(run, step)))
    assert close.max() <= 1  # of a kept step the tiles are the model's own weights
    expect(page.locator(f"{BAR} input")).to_have_attribute(
        "aria-valuetext", re.compile(f"^step {step} ")
    )


def test_the_film_as_a_page(
    browser: Browser, run: RunDirectory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("film") / "film.html"
    kept, asked = write_film(path, run), list[str]()
    with browser.new_context(offline=True, color_scheme="dark") as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        expect(page.locator("#heads canvas")).to_have_count(kept.layers * kept.heads)
        expect(page.locator("#tokens button")).to_have_count(len(kept.ids))
        frame, query = 3, len(kept.ids) - 1
        page.locator("#step").focus()
        page.keyboard.press("Home")
        for _frame in range(frame):
            page.keyboard.press("ArrowRight")
        expect(page.locator("#at")).to_have_text(
            f"step {kept.steps[frame]} · 4 of {len(kept.steps)}"
        )
        page.locator("#heads button").nth(1).click()
        for row in page.locator("#rows tr").all():
            place, _token, weight = row.locator("td").all_text_contents()
            number = kept.maps(frame)[0, 1, query, int(place) - 1]
            assert weight == f"{number:.3f}"
        page.locator("#play").click()
        later = re.compile(r" · ([6-9]|[1-5]\d) of ")
        expect(page.locator("#at")).to_have_text(later)
        page.locator("#play").click()
        assert asked == [path.as_uri()]
