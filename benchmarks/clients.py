"""Viewers without browsers: they speak the protocol of the installed Streamlit.

A browser that shows a page with a timer does two things: it asks for the whole page once, and then,
every time the timer rings, for the part that the timer belongs to. So do these.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

PATIENCE_SECONDS = 60.0
Notice = Callable[[ForwardMsg, float], None]
STREAM = "/_stcore/stream"


@dataclass(frozen=True, kw_only=True)
class Tick:
    """One answer of the server to a timer that rang, as one viewer met it."""

    waited: float
    """Seconds from sending the request to the last message of the answer. What a viewer feels,
    without the network: it includes waiting for the ticks of others."""
    worked: float
    """Seconds from the first message of the answer, sent when its script begins, to the last."""
    size: int
    """Bytes of the answer."""


@dataclass
class Page:
    """One viewer's page, open in one connection."""

    connection: ClientConnection
    name: str
    query: str
    script: str = ""
    """The page's own name for itself, once the server has said it."""
    fragment: str = ""
    """What the timer asks for."""
    interval: float = 0.0
    """Seconds between two rings; 0 where there is no timer."""
    buttons: dict[str, str] = field(default_factory=dict)
    """Label to the name that the server knows a button by."""
    parts: dict[str, str] = field(default_factory=dict)
    """Of each component and button, by that name, which part of the page is drawn anew with it;
    empty for all of it."""

    async def load(self, notice: Notice | None = None) -> Tick:
        """Ask for the whole page.

        Args:
            notice: gets every message of the answer, and how long after the request it came.
        """
        return await self._run(self._request(), notice)

    async def press(self, label: str, notice: Notice | None = None) -> Tick:
        """Press the first button whose label begins so; as `load`.

        Raises:
            RuntimeError: the page has none.
        """
        found = next((name for said, name in self.buttons.items() if said.startswith(label)), None)
        if found is None:
            raise RuntimeError(f"The page has no button {label!r}, but {list(self.buttons)}.")
        request = self._request(self.parts[found])
        request.rerun_script.widget_states.widgets.add(id=found, trigger_value=True)
        return await self._run(request, notice)

    async def choose(self, key: str, place: int) -> Tick:
        """Choose a place in the component of that key, counted from 0; as `load`.

        Raises:
            RuntimeError: the page has none.
        """
        found = next((name for name in self.parts if name.endswith(f"-{key}")), None)
        if found is None:
            raise RuntimeError(f"The page has no component {key!r}, but {list(self.parts)}.")
        request = self._request(self.parts[found])
        told = json.dumps([{"event": "chosen", "value": place}])
        name = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{found}__events"
        request.rerun_script.widget_states.widgets.add(id=name, json_trigger_value=told)
        return await self._run(request)

    async def tick(self) -> Tick:
        """Ask for what the timer belongs to."""
        request = self._request(self.fragment)
        request.rerun_script.is_auto_rerun = True
        return await self._run(request)

    def _request(self, part: str = "") -> BackMsg:
        request = BackMsg()
        request.rerun_script.fragment_id = part
        request.rerun_script.query_string = self.query
        if self.script:
            request.rerun_script.page_script_hash = self.script
        else:
            request.rerun_script.page_name = self.name
        return request

    async def _run(self, request: BackMsg, notice: Notice | None = None) -> Tick:
        sent, began, size = time.perf_counter(), None, 0
        await self.connection.send(request.SerializeToString())
        while True:
            received = await asyncio.wait_for(self.connection.recv(decode=False), PATIENCE_SECONDS)
            size += len(received)
            message = ForwardMsg.FromString(received)
            kind = message.WhichOneof("type")
            if kind == "new_session" and began is None:
                began = time.perf_counter()
            self._notice(kind, message)
            if notice is not None:
                notice(message, time.perf_counter() - sent)
            # A script that begins anew before its end goes on answering the same request.
            if kind == "script_finished" and message.script_finished in FINISHED:
                now = time.perf_counter()
                return Tick(waited=now - sent, worked=now - (began or sent), size=size)

    def _notice(self, kind: str | None, message: ForwardMsg) -> None:
        if kind == "new_session":
            self.script = message.new_session.page_script_hash
        elif kind == "navigation" and message.navigation.page_script_hash:
            # What a new session is told first is the page of an address without a name.
            self.script = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self.fragment = message.auto_rerun.fragment_id
            self.interval = message.auto_rerun.interval
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "delta":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise RuntimeError(f"The page shows {element.exception.message!r}.")
            if element.WhichOneof("type") == "button":
                self.buttons[element.button.label] = element.button.id
                self.parts[element.button.id] = message.delta.fragment_id
            if element.WhichOneof("type") == "bidi_component":
                self.parts[element.bidi_component.id] = message.delta.fragment_id


FINISHED = {ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY}


@asynccontextmanager
async def opened(url: str, name: str, query: str, *, cookie: str = "") -> AsyncIterator[Page]:
    """A page of the app at `url`, not loaded yet, in a browser that sends this cookie."""
    address = url.replace("http", "ws", 1) + STREAM
    async with connect(
        address, subprotocols=[Subprotocol("streamlit")], origin=Origin(url), max_size=None,
        additional_headers={"Cookie": cookie} if cookie else None,
    ) as connection:  # fmt: skip
        yield Page(connection, name, query)


async def watch(url: str, name: str, query: str, *, viewers: int, seconds: float) -> Sequence[Tick]:
    """Let viewers watch a page; all their ticks. They come evenly spread over one interval.

    Raises:
        RuntimeError: the page shows an error, or has no timer.
    """

    async def one(delay: float) -> list[Tick]:
        await asyncio.sleep(delay)
        async with opened(url, name, query) as page:
            await page.load()
            if not page.interval:
                raise RuntimeError("The page does not tick: its run is not live.")
            return [tick async for tick in _ticks(page, seconds)]

    spread = 2.0 / viewers
    watched = await asyncio.gather(*(one(number * spread) for number in range(viewers)))
    return [tick for ticks in watched for tick in ticks]


async def _ticks(page: Page, seconds: float) -> AsyncIterator[Tick]:
    # As in a browser, the timer rings on however long an answer takes.
    end, ring = time.monotonic() + seconds, time.monotonic() + page.interval
    while ring < end:
        await asyncio.sleep(max(0.0, ring - time.monotonic()))
        yield await page.tick()
        ring += page.interval
