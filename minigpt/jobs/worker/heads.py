"""Where the heads of a model in training look, measured at a bounded cost."""

import math

from minigpt.introspection.heads import FIRST_ROW, HeadNumbers, head_shares
from minigpt.introspection.trace import Stage, trace, trace_bytes
from minigpt.models.language_model import LanguageModel
from minigpt.runs.records import HeadRow
from minigpt.runs.records.rows import HeadShareTable
from minigpt.shapes import Tokens

LONGEST_WINDOW = 128
MOST_TOKENS = 2048
"""A hundredth of what the validation loss is taken on, at most."""
MOST_BYTES = 64 * 2**20
KEPT: tuple[Stage, ...] = ("weights",)
DIGITS = 4


def head_row(model: LanguageModel, windows: Tokens, *, step: int) -> HeadRow | None:
    """What is recorded of the heads at a step; None where there is nothing to say.

    There is nothing where the model has no attention, sees too few tokens at once, or is shown
    windows in which nothing comes twice.

    Args:
        model: In eval mode.
        windows: Text it was not trained on, always the same. Of long or many ones only a part is
            looked at.
        step: Of its training.
    """
    length = min(LONGEST_WINDOW, windows.shape[1])
    if length <= FIRST_ROW or not list(model.attention_blocks()):
        return None
    kept = trace_bytes(model, length=length, keep=KEPT)
    rows = max(1, min(MOST_TOKENS // length, MOST_BYTES // kept))
    device = next(model.parameters()).device
    shown = windows[:rows, :length].to(device)
    shares = head_shares(trace(model, shown, keep=KEPT).attention.cpu(), shown.cpu())
    if math.isnan(shares.copied.chance):
        return None
    return HeadRow(
        step=step,
        previous=_table(shares.previous.heads),
        copied=_table(shares.copied.heads),
        copied_chance=round(shares.copied.chance, DIGITS),
    )


def _table(shares: HeadNumbers) -> HeadShareTable:
    # Sums of rounded numbers may come out a little above one.
    return tuple(tuple(round(min(1.0, share), DIGITS) for share in row) for row in shares.tolist())
