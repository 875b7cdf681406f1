"""What the heads of a model in training look at and are worth, measured at a bounded cost."""

import math
from dataclasses import dataclass

from minigpt.introspection.ablation import TABLE, part_losses
from minigpt.introspection.heads import FIRST_ROW, HeadNumbers, head_shares
from minigpt.introspection.trace import Stage, trace, trace_bytes
from minigpt.models.language_model import LanguageModel
from minigpt.runs.records import Exit, HeadRow
from minigpt.runs.records.rows import HeadShareTable
from minigpt.shapes import Tokens
from minigpt.training.batches import Batch

MOST_TOKENS_JUDGED = 16_384
KEPT: tuple[Stage, ...] = ("weights",)
DIGITS = 4


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """How much of the windows is looked at, so that it costs little beside training."""

    longest_window: int = 128
    most_tokens: int = 2048
    """A hundredth of what the validation loss is taken on, at most."""
    most_bytes: int = 64 * 2**20
    """Of weights, at once."""


BOUNDS = Bounds()


def head_row(
    model: LanguageModel, windows: Tokens, *, step: int, bounds: Bounds = BOUNDS
) -> HeadRow | None:
    """What is recorded of the heads at a step; None where there is nothing to say.

    There is nothing where the model has no attention, sees too few tokens at once, or is shown
    windows in which nothing comes twice.

    Args:
        model: In eval mode.
        windows: Text it was not trained on, always the same. Of long or many ones only a part is
            looked at.
        step: Of its training.
        bounds: On what is looked at.
    """
    length = min(bounds.longest_window, windows.shape[1])
    if length <= FIRST_ROW or not list(model.attention_blocks()):
        return None
    kept = trace_bytes(model, length=length, keep=KEPT)
    rows = max(1, min(bounds.most_tokens // length, bounds.most_bytes // kept))
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


def table_worth(model: LanguageModel, windows: Batch) -> Exit:
    """What an exit says of a table of n-grams beside the heads; nothing of a model without one.

    Args:
        model: In eval mode.
        windows: Text it was not trained on. Of many ones only the first are looked at.
    """
    device = next(model.parameters()).device
    rows = max(1, MOST_TOKENS_JUDGED // windows.inputs.shape[1])
    some = (part[:rows].to(device) for part in (windows.inputs, windows.targets))
    losses = part_losses(model, *some)
    if losses is None:
        return Exit()
    return Exit(
        table_parameters=dict(model.named_parameters())[TABLE].numel(),
        loss_whole=losses.whole,
        loss_without_heads=losses.without_heads,
        loss_without_table=losses.without_table,
    )


def _table(shares: HeadNumbers) -> HeadShareTable:
    # Sums of rounded numbers may come out a little above one.
    return tuple(tuple(round(min(1.0, share), DIGITS) for share in row) for row in shares.tolist())
