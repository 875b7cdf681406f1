"""What came out where every rung was trained alike, and what others report of such a ladder."""

from collections.abc import Mapping
from dataclasses import dataclass

from minigpt.lessons.snippet import Snippet

Curve = tuple[tuple[int | float, float], ...]
"""Validation loss in nats per token by step."""


@dataclass(frozen=True, kw_only=True)
class Climb:
    """The rungs that are trained, as far as they are."""

    rungs: tuple[str, ...]
    """All that are to be trained, weakest first."""
    parameters: tuple[int, ...]
    looks_back: tuple[int, ...]
    """Of each, how many characters it is shown at a time."""
    even: float
    """The loss of guessing evenly, near which all begin."""
    curves: Mapping[str, Curve]
    """Of those that have begun."""
    ended: frozenset[str]
    """Those that did all their steps."""

    @property
    def is_complete(self) -> bool:
        """Whether it can be said what came out."""
        return self.ended >= set(self.rungs)

    @property
    def losses(self) -> tuple[float, ...]:
        """Of each rung the loss at its last step; only of a complete one."""
        return tuple(self.curves[rung][-1][1] for rung in self.rungs)

    @property
    def order(self) -> tuple[str, ...]:
        """The rungs by that loss, the best first."""
        return tuple(sorted(self.rungs, key=lambda rung: self.curves[rung][-1][1]))

    def loss(self, rung: str) -> float | None:
        """The newest of a rung; None before it was judged."""
        curve = self.curves.get(rung)
        return curve[-1][1] if curve else None


CLIMB = Snippet(
    """
import json
import minigpt

runs = $runs
losses = {}
for rung, run in runs.items():
    lines = (minigpt.open_run(run).path / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    losses[rung] = [row["validation_loss"] for row in rows if row.get("validation_loss")][-1]
order = tuple(sorted(losses, key=losses.get))
losses = tuple(losses.values())
""",
    ("losses", "order"),
)


@dataclass(frozen=True, kw_only=True)
class ReportedLosses:
    """Losses that somebody else has published, in nats per token."""

    validation: float
    step: int


# From a public write-up, "Ladder: bigram to GPT", of five models on the characters of tiny
# Shakespeare. It gives no sizes but those of its GPT, which has a context of 256 and is far larger.
REPORTED: Mapping[str, ReportedLosses] = {
    "bigram": ReportedLosses(validation=2.5804, step=4800),
    "single_head": ReportedLosses(validation=2.4116, step=4800),
    "multi_head": ReportedLosses(validation=2.2773, step=4800),
    "transformer": ReportedLosses(validation=2.1728, step=4800),
    "gpt": ReportedLosses(validation=1.6357, step=4800),
}
