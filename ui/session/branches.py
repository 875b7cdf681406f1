"""Which branches of a text there are, and what is looked at: all of it in the address.

A branch is written as its sample and then, for each token that somebody picked, place and id, all
counted from 0: `0.12.45` is the first sample with token 45 at place 12. So a link says all that it
takes to write the same once more.
"""

from collections.abc import Sequence

from ui.session import url
from ui.session.texts import FIRST, Branch, TextSettings, restore_settings

MOST_FORKS = 12
MOST_PICKS = 50
LONGEST_NUMBER = 9
OF_A_TEXT = (url.FORKS, url.BRANCH, url.PLACE)
"""What the address says of one text and of no other."""
WRITE, READ = "write", "read"
"""What the address calls writing, of all that the page of generation can do; and asking what of a
text was read."""


def is_asked_for(settings: TextSettings) -> bool:
    """Whether the address asks for the texts of these settings."""
    return url.in_url(url.WRITTEN) == settings.mark


def ask_for(settings: TextSettings) -> None:
    """Make the address ask for them, and for nothing of others."""
    if is_asked_for(settings):
        return
    # With what the page shows although nobody chose it: later that may be something else.
    shown = {url.RUN: settings.run, url.STEP: settings.step, url.PROMPT: settings.prompt}
    url.write_choices(*OF_A_TEXT, **shown, **{url.WRITTEN: settings.mark})


def open_text(settings: TextSettings, place: int | None = None, branch: Branch = FIRST) -> None:
    """Show the text of these settings where texts are written. For the callback of a button.

    Args:
        settings: What it is written with.
        place: A token of it that is to be looked at, counted from 0.
        branch: Which of the texts of these settings.
    """
    at: dict[str, object] = {} if place is None else {url.PLACE: place + 1}
    if branch.picks:
        at |= {url.FORKS: _written(branch), url.BRANCH: branch.sample + 2}  # behind its sample
    elif branch.sample:
        at |= {url.BRANCH: branch.sample + 1}
    restore_settings(settings, *OF_A_TEXT, **{url.MODE: WRITE}, **at)


def branches(settings: TextSettings, vocabulary_size: int) -> list[Branch]:
    """The samples and, each below the one that it comes from, the forks that the address names."""
    found = [Branch(sample) for sample in range(settings.samples)]
    for fork in forks():
        if not _is_possible(fork, settings, vocabulary_size) or fork in found:
            continue
        before = [one for one in found if one.sample == fork.sample]
        above = max(before, key=lambda one: _shared(one, fork))
        found.insert(_end_of(found, above), fork)
    return found


def forks() -> list[Branch]:
    """What the address names, in the order in which they were made."""
    named = (url.in_url(url.FORKS) or "").split("_")[:MOST_FORKS]
    return [fork for one in named if (fork := _read(one))]


def chosen_branch(there: Sequence[Branch]) -> Branch:
    """The one that is looked at."""
    return there[url.read_place(url.BRANCH, len(there), default=0)]


def look_at(branch: Branch, there: Sequence[Branch], place: int | None = None) -> None:
    """Make the address say which branch is looked at, and which of its tokens."""
    at = {} if place is None else {url.PLACE: place + 1}
    url.write_choices(url.PLACE, **{url.BRANCH: list(there).index(branch) + 1}, **at)


def put_forks(made: Sequence[Branch]) -> None:
    """Make the address name these, and no others."""
    if made:
        url.write_choices(**{url.FORKS: "_".join(map(_written, made))})
    else:
        url.drop_from_url(url.FORKS)


def _written(branch: Branch) -> str:
    numbers = [branch.sample, *(number for pick in branch.picks for number in pick)]
    return ".".join(map(str, numbers))


def _read(words: str) -> Branch | None:
    parts = words.split(".")
    if not all(one.isascii() and one.isdigit() and len(one) <= LONGEST_NUMBER for one in parts):
        return None
    sample, *numbers = map(int, parts)
    picks = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    places = [place for place, _token in picks]
    is_sound = len(numbers) % 2 == 0 and 0 < len(picks) <= MOST_PICKS
    return Branch(sample, picks) if is_sound and places == sorted(set(places)) else None


def _is_possible(fork: Branch, settings: TextSettings, vocabulary_size: int) -> bool:
    return fork.sample < settings.samples and all(
        place < settings.tokens and token < vocabulary_size for place, token in fork.picks
    )


def _shared(one: Branch, fork: Branch) -> int:
    """How many picks both begin with; -1 where the fork does not have all of the other's."""
    return len(one.picks) if fork.picks[: len(one.picks)] == one.picks else -1


def _end_of(found: Sequence[Branch], above: Branch) -> int:
    """Behind a branch and all that come from it."""
    last = max(
        place
        for place, one in enumerate(found)
        if one.sample == above.sample and one.picks[: len(above.picks)] == above.picks
    )
    return last + 1
