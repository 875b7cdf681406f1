"""Who is next: the rule of the queue, as functions of what waits and what runs.

An owner with fewer runs training goes before one with more. Among equals, the one who has waited
longer: since their oldest waiting run was queued, or since they last had a slot, whichever is
later. So owners take turns, and nobody waits for ever. An owner's own runs go in the order in which
they were queued.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A run in the queue."""

    run: str
    owner: str
    since: float
    """When it was queued, in seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A run that takes a slot."""

    owner: str
    seconds_left: float | None = None
    """How long it will take its slot; None if that cannot be told."""


@dataclass(frozen=True, kw_only=True)
class QueuePosition:
    """Where a run stands in the queue."""

    position: int
    """1 is the next to start."""
    seconds: float | None
    """Expected until its start; None if that cannot be told."""


def next_run(
    waiting: Sequence[Waiting],
    running: Sequence[Running],
    served: Mapping[str, float],
    *,
    slots: int,
    most_per_owner: int | None = None,
) -> Waiting | None:
    """The run to start now; None if none may.

    Args:
        waiting: the queue, in any order.
        running: what takes a slot already.
        served: when owners last had a slot: the end of the run that ended last, or, of one that
            still runs, its start. In seconds since the epoch.
        slots: how many may run at once.
        most_per_owner: how many of one owner may run at once; None means no limit. Runs without
            an owner are the machine's own and have none either.
    """
    if len(running) >= slots:
        return None

    # The wait counts from the later of queueing and last having a slot: else an owner with many
    # runs that were queued long ago would be first every time.
    def turn(head: Waiting) -> tuple[int, float, str]:
        idle_since = max(head.since, served.get(head.owner, head.since))
        return _busy(head.owner, running), idle_since, head.run

    return min(_heads(waiting, running, most_per_owner), key=turn, default=None)


def line_up(
    waiting: Sequence[Waiting],
    running: Sequence[Running],
    served: Mapping[str, float],
    *,
    slots: int,
    now: float,
    most_per_owner: int | None = None,
) -> dict[str, QueuePosition]:
    """The position of every waiting run, by run, in the order in which they will start.

    What runs is taken to end in the order that its progress promises. How long a waiting run will
    take is not known, so runs that must wait for one are given no time.
    """
    left, busy, last = list(waiting), list(running), dict(served)
    positions: dict[str, QueuePosition] = {}
    seconds: float | None = 0.0
    turn = 0
    while left:
        chosen = next_run(left, busy, last, slots=slots, most_per_owner=most_per_owner)
        if chosen is None:
            # The queue is played forward: the run that ends first makes room, and its owner has
            # been served later than everybody before, which `turn` stands for.
            first = min(busy, key=_end)
            busy.remove(first)
            turn += 1
            last[first.owner] = now + turn
            seconds = first.seconds_left if seconds is not None else None
            continue
        left.remove(chosen)
        positions[chosen.run] = QueuePosition(position=len(positions) + 1, seconds=seconds)
        busy.append(Running(owner=chosen.owner))
        turn += 1
        last[chosen.owner] = now + turn
    return positions


def _heads(
    waiting: Sequence[Waiting], running: Sequence[Running], most_per_owner: int | None
) -> Iterator[Waiting]:
    """The first waiting run of every owner who may start one."""
    heads: dict[str, Waiting] = {}
    for one in sorted(waiting, key=lambda one: (one.since, one.run)):
        limit = most_per_owner if one.owner else None
        if limit is None or _busy(one.owner, running) < limit:
            heads.setdefault(one.owner, one)
    yield from heads.values()


def _busy(owner: str, running: Sequence[Running]) -> int:
    return sum(one.owner == owner for one in running)


def _end(one: Running) -> float:
    return math.inf if one.seconds_left is None else one.seconds_left
