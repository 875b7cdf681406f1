"""A verdict on a run: what its curves say in the end, why it may be so, and what to try next.

`judge_evidence` is one pure function of a run's evidence: the first of the rules that finds
something says what happened, and `minigpt.runs.analysis.remedies` what to make of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from minigpt.runs.analysis.curves import Point
from minigpt.runs.analysis.evidence import Evidence, gather_evidence
from minigpt.runs.analysis.loss_in_words import in_choices
from minigpt.runs.analysis.remedies import Remedy, Trouble, remedy_for
from minigpt.runs.analysis.rules import RULES, Kind
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import MetricRow
from minigpt.sentences import N_, Sentence

TITLES: dict[Kind, str] = {
    Kind.NOT_JUDGED: N_("not judged yet"),
    Kind.LEARNING: N_("still learning"),
    Kind.DONE: N_("learnt"),
    Kind.FLAT: N_("did not learn"),
    Kind.BROKEN: N_("broke"),
    Kind.MEMORISING: N_("memorises"),
    Kind.UNLIKE: N_("judged by other text"),
    Kind.WORSE: N_("got worse"),
}
"""Each verdict in a word or two, for badges and tables."""
COULD_LEARN = N_("could learn more")
"""Of a run that was still learning when it ended: “finished, still learning” would be no sense."""
TROUBLES: dict[Kind, Trouble] = {
    Kind.FLAT: "flat",
    Kind.BROKEN: "broken",
    Kind.MEMORISING: "memorising",
    Kind.UNLIKE: "memorising",
    Kind.WORSE: "worse",
    Kind.LEARNING: "unfinished",
    Kind.DONE: "done",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is to be said of a run. Losses are in nats per token."""

    kind: Kind
    words: str
    """What happened, a sentence."""
    since: int | None = None
    """The step from which on it is so, where that matters."""
    best: Point | None = None
    """Step and loss of the best evaluation of its own."""
    last: Point | None = None
    """Step and loss of the newest one."""
    meaning: str | None = None
    """What its best loss means, in words."""
    remedy: Remedy | None = None
    """Why it may be so and what to try; None where there is nothing to say."""

    @property
    def title(self) -> str:
        """The verdict in a word or two."""
        # Only of a run that has ended is it said how to go on.
        has_ended = self.remedy is not None
        return COULD_LEARN if self.kind is Kind.LEARNING and has_ended else TITLES[self.kind]

    @property
    def tone(self) -> Literal["good", "bad", "open"]:
        """How it is to be taken."""
        if self.kind is Kind.NOT_JUDGED:
            return "open"
        return "good" if self.kind.is_good else "bad"

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        remedy, change = self.remedy, self.remedy and self.remedy.change
        return {
            "kind": str(self.kind),
            "words": str(self.words),
            "since_step": self.since,
            "meaning": self.meaning and str(self.meaning),
            "cause": (remedy and str(remedy.cause or "")) or None,
            "advice": remedy and str(remedy.advice),
            "change": change and {change.field: change.value},
        }


def judge_evidence(evidence: Evidence) -> Verdict:
    """The verdict on a run: the gravest of those that its evidence bears out."""
    if not evidence.validation:
        return Verdict(kind=Kind.NOT_JUDGED, words=N_("It has not been judged yet."))
    found = next(found for rule in RULES if (found := rule(evidence)))
    trouble = None if evidence.is_live and found.kind.is_good else TROUBLES.get(found.kind)
    return Verdict(
        kind=found.kind,
        words=found.words,
        since=found.since,
        meaning=_meaning(evidence),
        best=evidence.best,
        last=evidence.last if evidence.best else None,
        remedy=remedy_for(trouble, evidence, since=found.since) if trouble else None,
    )


def verdict_of(run: RunDirectory, rows: Sequence[MetricRow] | None = None) -> Verdict:
    """The verdict on a run as its files are now; what is damaged in them counts as absent.

    Args:
        run: The run.
        rows: Its evaluations, for whoever follows them; else they are read.
    """
    return judge_evidence(gather_evidence(run, rows))


def _meaning(evidence: Evidence) -> str | None:
    kind = evidence.config.tokenizer.kind if evidence.config else None
    return in_choices(evidence.best[1], kind) if evidence.best else None


def verdict_lines(verdict: Verdict) -> Iterator[str]:
    """A verdict for people, a line each: what happened, the losses, why, and what to do."""
    yield verdict.words
    if verdict.best and verdict.last:
        yield Sentence(
            "Validation loss {best:.4f} at best, at step {best_step:,}; {last:.4f} at the last "
            "evaluation, at step {step:,}.",
            best=verdict.best[1], best_step=int(verdict.best[0]),
            last=verdict.last[1], step=int(verdict.last[0]),
        )  # fmt: skip
    if verdict.meaning:
        yield Sentence("At its best it is {meaning}.", meaning=Sentence(verdict.meaning))
    if verdict.remedy:
        yield from filter(None, (verdict.remedy.cause, verdict.remedy.advice))
        if change := verdict.remedy.change:
            yield Sentence("As a setting: --set {field}={value}", field=change.field,
                           value=change.value)  # fmt: skip
