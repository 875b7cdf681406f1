"""What visitors of a server may bring: how much of it, and whether at all.

Read from the environment at every look:

    MINIGPT_BROUGHT_PER_OWNER    megabytes of texts and imported runs that one visitor may bring
    MINIGPT_BROUGHT              megabytes that all visitors together may bring
    MINIGPT_CLOSED               what is not to be brought: "imports", "addresses", "texts", or
                                 several of them with commas between

The command line has no owner and no quota.
"""

import math
import os
from contextlib import suppress
from pathlib import Path

from minigpt.corpora.user_texts import brought_texts
from minigpt.errors import ConfigurationError, RunError
from minigpt.runs.store import RunStore

PER_OWNER, TOGETHER, CLOSED = "MINIGPT_BROUGHT_PER_OWNER", "MINIGPT_BROUGHT", "MINIGPT_CLOSED"
MEGABYTES = {PER_OWNER: 500.0, TOGETHER: 5_000.0}
"""Where nothing is set."""
WAYS = ("imports", "addresses", "texts")
"""Runs as files, texts by their web address, texts as files or typed."""
MEGABYTE = 2**20


def require_quota(store: RunStore, owner: str, size: int) -> None:
    """Refuse what would be too much for one visitor, or for all of them.

    Args:
        store: where imported runs are.
        owner: who brings it; empty for the command line.
        size: bytes that it takes up.

    Raises:
        RunError: it is too much.
        ConfigurationError: a limit in the environment is no number.
    """
    if not owner:
        return
    brought = brought_bytes(store)
    own, most, together = brought.get(owner, 0), _bytes(PER_OWNER), _bytes(TOGETHER)
    if own + size > most:
        raise RunError(
            "You have brought {own:,.0f} MB to this server, and this takes up {size:,.0f} MB more; "
            "{most:,.0f} MB are allowed. Delete runs that you imported, or bring less.",
            own=own / MEGABYTE,
            size=size / MEGABYTE,
            most=most / MEGABYTE,
        )
    if sum(brought.values()) + size > together:
        raise RunError(
            "Visitors have brought as much to this server as it keeps ({most:,.0f} MB). Ask "
            "whoever runs it to delete some of it.",
            most=together / MEGABYTE,
        )


def brought_bytes(store: RunStore) -> dict[str, int]:
    """How much every owner has brought."""
    found: dict[str, int] = {}
    sizes = [(meta.owner, _size(run.path)) for run in store.all() if (meta := run.meta()).imported]
    for owner, size in (*sizes, *brought_texts()):
        found[owner] = found.get(owner, 0) + size
    return found


def is_closed(way: str) -> bool:
    """Whether one of the `WAYS` is closed to visitors.

    Raises:
        ConfigurationError: the setting names a way that there is not.
    """
    named = {one.strip() for one in os.environ.get(CLOSED, "").split(",") if one.strip()}
    if unknown := sorted(named - set(WAYS)):
        raise ConfigurationError(
            "{name} names {unknown!r}, which cannot be closed. Name some of: {ways}.",
            name=CLOSED,
            unknown=unknown[0],
            ways=", ".join(WAYS),
        )
    return way in named


def require_known_settings() -> None:
    """Refuse settings that mean nothing, before anybody relies on them.

    Raises:
        ConfigurationError: one is no number, or names what there is not.
    """
    is_closed("")
    for name in MEGABYTES:
        _bytes(name)


def _bytes(name: str) -> float:
    given = os.environ.get(name, "").strip()
    try:
        megabytes = float(given) if given else MEGABYTES[name]
    except ValueError:
        megabytes = math.nan
    if not (math.isfinite(megabytes) and megabytes >= 0):
        raise ConfigurationError(
            "{name} is {given!r}; it must be a number of megabytes.", name=name, given=given
        )
    return megabytes * MEGABYTE


def _size(folder: Path) -> int:
    total = 0
    with suppress(OSError):  # its owner may be deleting it, and then the rest is as good as gone
        for path in folder.rglob("*"):
            with suppress(FileNotFoundError):  # replaced or removed by its worker
                total += path.lstat().st_size if path.is_file() else 0
    return total
