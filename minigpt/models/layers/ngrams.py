"""Vectors for runs of tokens, beside those for single tokens.

A model that reads characters must spend its first layers on spelling. A vector for each run of
two, three or four tokens hands it the spelling at once, for the price of looking it up. There are
too many runs for a row each, so a hash tells the row, as in Pagnoni et al. 2024 ("Byte Latent
Transformer", section 3.2.1); runs that meet in a row share its vector.
"""

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn import functional

from minigpt.shapes import Residual, Tokens

PRIME = 2**31 - 1
"""Keys stay below it, and so products of two of them below the largest whole number."""
MULTIPLIER = 747_796_405


class NGramEmbedding(nn.Module):
    """The vectors of the runs of 2 to `order` tokens that end at each position, added up.

    They begin at zero, so that the model begins as if they were not there.
    """

    def __init__(self, *, order: int, rows: int, width: int) -> None:
        """Make a table of `rows` rows for each length."""
        super().__init__()
        self.order, self.rows = order, rows
        self.weight = nn.Parameter(torch.zeros((order - 1) * rows, width))

    def forward(self, tokens: Tokens) -> Residual:
        """Look up the runs that end at each position."""
        return functional.embedding(self.rows_of(tokens), self.weight).sum(dim=-2)

    def rows_of(self, tokens: Tokens) -> Int[Tensor, "B T lengths"]:
        """The row of each run. What would lie before the first token counts as a token too."""
        tokens = tokens.long()  # products of keys need all its digits
        key, rows = tokens + 1, []
        for back in range(1, self.order):
            earlier = functional.pad(tokens[:, :-back] + 1, (min(back, tokens.shape[1]), 0))
            key = (key * MULTIPLIER + earlier) % PRIME
            rows.append(key % self.rows + (back - 1) * self.rows)
        return torch.stack(rows, dim=-1)
