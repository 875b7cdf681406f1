"""Two apps that share a folder of runs, as two ports of one machine do."""

import asyncio
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest

from benchmarks.clients import opened
from benchmarks.viewers import server
from minigpt.jobs.fork_server import VARIABLE
from minigpt.runs.status import Status
from minigpt.runs.store import status_of

CLIENTS_EACH = 2
STEPS = 40


async def launch(url, number, settings):
    query = urlencode({"preset": "quick", "corpus": "sentences", "name": f"n{number}", **settings})
    cookie = f"_streamlit_xsrf=2|00000000|{number:032x}|1"
    async with opened(url, "train", query, cookie=cookie) as page:
        await page.load()
        await page.press("Start training")


async def launch_at_once(urls, settings):
    clients = [(url, number) for number in range(CLIENTS_EACH) for url in urls]
    await asyncio.gather(*(launch(url, place, settings) for place, (url, _) in enumerate(clients)))


async def names_on(url):
    """Of the runs that the home page links to."""
    names = []

    def notice(message, _seconds):
        element = message.delta.new_element if message.WhichOneof("type") == "delta" else None
        if element and element.WhichOneof("type") == "page_link":
            names.append(element.page_link.label)

    async with opened(url, "home", "") as page:
        await page.load(notice)
    return [name for name in names if name.startswith("n")]


@pytest.mark.timeout(240)
def test_every_run_starts_once_one_after_the_other_and_both_show_all(workplace, until, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    monkeypatch.delenv(VARIABLE)  # each opens a fork server of its own
    small = {
        "model.context_length": 8, "model.width": 16, "model.num_layers": 1, "model.num_heads": 2,
        "training.batch_size": 2, "training.steps": STEPS, "training.evaluation_interval": 20,
    }  # fmt: skip
    folders = [workplace.folder / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as stack:
        urls = [stack.enter_context(server(folder))[0] for folder in folders]
        asyncio.run(launch_at_once(urls, small))
        runs = workplace.store.all()
        assert len(runs) == 2 * CLIENTS_EACH
        most = 0

        def are_finished():
            nonlocal most
            states = [status_of(run) for run in runs]
            most = max(most, sum(state.has_worker for state in states))
            return all(state is Status.FINISHED for state in states)

        until(are_finished)
        assert most == 1
        shown = [asyncio.run(names_on(url)) for url in urls]
        assert sorted(shown[0]) == sorted(shown[1]) == sorted(run.name() for run in runs)
    assert {run.state().step for run in runs} == {STEPS}
    assert len({run.meta().owner for run in runs}) == 2 * CLIENTS_EACH
    for run in runs:
        rows = [row.step for row in run.metric_rows()]
        assert rows == sorted(set(rows))  # nobody trained it a second time
