"""A text that somebody brings to judge heads by, where a run's own is not known or not wanted.

It is cut into pieces of equal length, since only what differs from piece to piece says how sure a
mean is. A short text gives short pieces; one that is too short for several is read as one piece,
and then nothing is known of how sure the numbers are.
"""

import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.heads import FIRST_ROW
from minigpt.introspection.report_card import FEWEST_WINDOWS
from minigpt.runs.analysis.inside.unseen import LONGEST_WINDOW, MOST_CHARACTERS
from minigpt.runs.trained_model import TrainedModel
from minigpt.shapes import Tokens

SHORTEST_WINDOW = FIRST_ROW + 2
"""Rows before `FIRST_ROW` say little; of those after it there must be some."""
ENOUGH_TOKENS = FEWEST_WINDOWS * SHORTEST_WINDOW + 1
"""From so many on, there are enough pieces for an interval."""


def given_windows(trained: TrainedModel, text: str, *, windows: int) -> Tokens:
    """Pieces of a text, each with the token after it; evenly spread where it has more than asked.

    Args:
        trained: The model that reads it.
        text: What somebody brought.
        windows: How many pieces, at most.

    Raises:
        TokenizerError: the model cannot read the text.
        ConfigurationError: it is too short.
    """
    known = trained.tokenizer.known_form(text[:MOST_CHARACTERS])
    ids = torch.tensor(trained.tokenizer.encode(known), dtype=torch.long)
    if len(ids) <= SHORTEST_WINDOW:
        raise ConfigurationError(
            "A text of {count} tokens is too short to say what a head is for. Give it at least "
            "{least}, or {enough} to know how sure the numbers are.",
            count=len(ids),
            least=SHORTEST_WINDOW + 1,
            enough=ENOUGH_TOKENS,
        )
    longest = min(trained.model.context_length, LONGEST_WINDOW)
    length = max(SHORTEST_WINDOW, min(longest, (len(ids) - 1) // FEWEST_WINDOWS))
    if len(ids) < ENOUGH_TOKENS:
        length = min(longest, len(ids) - 1)  # one piece, as long as can be
    pieces = ids.unfold(0, length + 1, length)
    spread = torch.linspace(0, len(pieces) - 1, min(windows, len(pieces)), dtype=torch.float64)
    return pieces[spread.round().long()]
