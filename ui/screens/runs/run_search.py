"""Which runs a search means. Pure."""

from collections.abc import Sequence

from minigpt.runs.store import RunSummary
from ui.wording import model_title


def matching(runs: Sequence[RunSummary], query: str, titles: dict[str, str]) -> list[RunSummary]:
    """The runs in which every word of a query occurs somewhere, in their order.

    Args:
        runs: where to search.
        query: words, in any order; capitals do not matter.
        titles: the name people read of each text, by its key.
    """
    words = query.casefold().split()
    return [run for run in runs if _has_all(words, _said_of(run, titles))]


def _said_of(run: RunSummary, titles: dict[str, str]) -> str:
    parts = (
        run.name, run.corpus, titles.get(run.corpus, ""), run.rung, model_title(run.rung),
        run.status, run.owner, run.note, *run.tags, run.id,
    )  # fmt: skip
    return "\n".join(parts).casefold()


def _has_all(words: Sequence[str], text: str) -> bool:
    return all(word in text for word in words)
