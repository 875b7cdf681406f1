"""Where a head may be said to look: kinds of places, and attention that cannot see them.

For a row, a kind names the columns that belong to it. A head's share of a kind is how much of its
attention lies there; chance is what uniform attention over the same past would give it.
"""

from typing import Literal, get_args

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from minigpt.shapes import Tokens

Pattern = Literal["previous", "first", "itself", "same", "marks", "copied"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
Places = Bool[Tensor, "B T T"]


def places(kind: Pattern, tokens: Tokens, marks: Bool[Tensor, " V"] | None = None) -> Places:
    """The columns of a kind, for each row.

    Args:
        kind: "previous", the token just before; "first", the first of the text; "itself", the
            token that looks; "same", earlier copies of it; "marks", tokens that are punctuation;
            "copied", what followed its earlier copies, where that is also what comes next: what an
            induction head finds (Olsson et al. 2022).
        tokens: The texts.
        marks: Which tokens of the vocabulary are punctuation; none unless given.
    """
    length = tokens.shape[1]
    rows, columns = torch.arange(length)[:, None], torch.arange(length)[None, :]
    match kind:
        case "previous":
            found = (columns == rows - 1).expand(len(tokens), -1, -1)
        case "first":
            found = (columns == 0).expand(len(tokens), length, -1)
        case "itself":
            found = (columns == rows).expand(len(tokens), -1, -1)
        case "same":
            found = _earlier_copies(tokens)
        case "copied":
            # One to the right: the column after each earlier copy.
            follows = functional.pad(_earlier_copies(tokens), (1, 0))[..., :-1]
            # What is looked at, against what comes next; of the last row nobody knows that.
            same = tokens[:, :, None] == tokens[:, None, :]
            found = follows & functional.pad(same[:, 1:], (0, 0, 0, 1))
        case "marks":
            is_mark = torch.zeros_like(tokens).bool() if marks is None else marks[tokens]
            found = is_mark[:, None, :].expand(-1, length, -1)
    past: Places = found & (columns <= rows)
    return past


def _earlier_copies(tokens: Tokens) -> Places:
    length = tokens.shape[1]
    rows, columns = torch.arange(length)[:, None], torch.arange(length)[None, :]
    same = tokens[:, :, None] == tokens[:, None, :]  # (B, T looking, T looked at)
    return same & (columns < rows)  # the token that looks is no earlier copy


def blind_to(where: Places, weights: Float[Tensor, "B T T"]) -> Float[Tensor, "B T T"]:
    """Attention as it was, but for what lay on some places, which is gone."""
    return weights.masked_fill(where, 0.0)
