from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from minigpt.reading.suffixes import Suffixes
from minigpt.reading.training_text import TrainingText
from minigpt.reading.vote import ENOUGH, votes

IDS = st.lists(st.integers(0, 2), max_size=40)


def training(ids):
    known = np.array(ids, dtype=np.int32)
    return TrainingText(Suffixes(""), "", known, np.arange(len(ids)) + 1, True, len(ids), 0.0)


def followers(ids, context):
    length = len(context)
    return Counter(
        ids[at + length] for at in range(len(ids) - length) if ids[at : at + length] == context
    )


@given(IDS, IDS)
def test_counts_are_those_of_a_search_through_everything(ids, before):
    counted = {
        length: followers(ids, before[len(before) - length :]) for length in range(len(before) + 1)
    }
    found = votes(before, training(ids))
    lengths = [length for length, counts in counted.items() if counts]
    assert bool(found) == bool(lengths)
    if found:
        assert len(found[0].context) == max(lengths)
        enough = [length for length, counts in counted.items() if counts.total() >= ENOUGH]
        assert len(found[-1].context) == max(enough, default=max(lengths))
    for vote in found:
        assert dict(vote.counts) == counted[len(vote.context)]
        assert list(vote.context) == before[len(before) - len(vote.context) :]
        assert sum(vote.share(token) for token, _ in vote.counts) == 1 or vote.places > 1


def test_a_copied_context_says_what_came_next_and_how_often():
    (vote,) = votes([1, 2], training([0, 1, 2, 3] * 12))
    assert vote.counts == ((3, 12),)
    assert (vote.places, vote.share(3), vote.share(0)) == (12, 1.0, 0.0)
    longest, enough = votes([9, 1, 2], training([9, 1, 2, 0] + [0, 1, 2, 3] * 12))
    assert (longest.counts, longest.context) == (((0, 1),), (9, 1, 2))
    assert enough.counts == ((3, 12), (0, 1))
