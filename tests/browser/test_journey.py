"""What the product is for, in one go: train on real text, watch, generate, look inside."""

import re
import time

import numpy as np
import torch
from playwright.sync_api import Locator, Page, expect

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.introspection.trace import trace
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from tests.browser.harness import Server, expect_status, settle, wait_until

SHOWN_STEP = re.compile(r"Loss over steps, up to step ([\d,]+)")
TRAINING_SECONDS = 480


def test_train_watch_generate_and_look_inside(own_server: Server, page: Page) -> None:
    run_id = _start_from_home(own_server, page)
    _see_the_chart_grow(page, times=3)
    expect_status(page, "finished", seconds=TRAINING_SECONDS)
    _generate(page)
    _compare_heatmap(own_server, page, run_id)


def _start_from_home(own_server: Server, page: Page) -> str:
    page.goto(own_server.url)
    settle(page)
    page.get_by_role("button", name="Train one now").click()
    page.wait_for_url(re.compile(r"/run\?run="))
    return page.url.split("run=")[1].split("&")[0]


def _see_the_chart_grow(page: Page, *, times: int) -> None:
    chart = page.get_by_test_id("stEChartsChart").first
    expect(chart).to_be_visible()
    seen, picture = _shown_step(page, after=-1), chart.screenshot()
    for _ in range(times):
        seen = _shown_step(page, after=seen)
        picture = _other_picture(chart, picture)


def _other_picture(chart: Locator, before: bytes) -> bytes:
    """The chart once it has been drawn anew, which comes a moment after its words."""
    deadline = time.monotonic() + TRAINING_SECONDS
    while (picture := chart.screenshot()) == before:
        assert time.monotonic() < deadline, "the curve was not drawn anew"
        time.sleep(0.2)
    return picture


def _shown_step(page: Page, *, after: int) -> int:
    """The step up to which the chart goes, once that is a later one."""
    found = wait_until(
        page,
        f"() => {{ const found = document.body.innerHTML.match(/{SHOWN_STEP.pattern}/);"
        " const step = found ? Number(found[1].replaceAll(',', '')) : -1;"
        f" return step > {after} && [step]; }}",  # a list, since 0 would count as not yet
    )
    [step] = found.json_value()
    return int(step)


def _generate(page: Page) -> None:
    page.get_by_role("link", name="Generate with it").click()
    page.wait_for_url(re.compile("/generate"))
    settle(page)
    page.get_by_role("button", name="Generate", exact=False).last.click()
    whole = re.compile(r"^\s*200 tokens at step")  # until then it says how many of 200 there are
    expect(page.get_by_text(whole)).to_be_visible()
    # Its tokens are drawn by the browser, a moment after the words beside them.
    expect(page.locator(".strip .token")).to_have_count(len("ROMEO:") + 200)


def _compare_heatmap(own_server: Server, page: Page, run_id: str) -> None:
    text = "the king is the state"
    page.goto(f"{own_server.url}/attention?run={run_id}&layer=2&head=1&text={text}")
    settle(page)
    root = page.locator(".head-map[data-drawn]")
    expect(root).to_be_visible()
    shown = np.float32(root.evaluate("root => Array.from(root.shown.values)"))
    run = RunStore(own_server.checkpoints).open(run_id)
    step = list_checkpoints(run.weights)[-1].step
    trained = open_model(run, step=step)
    weights = trace(trained.model, torch.tensor([trained.tokenizer.encode(text)])).layers[1].weights
    np.testing.assert_array_equal(shown.reshape(len(text), -1), weights[0, 0].numpy())
