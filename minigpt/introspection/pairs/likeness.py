"""How alike heads of two models look at the same text, and which of them belong together.

Equal heads sit at other places after another seed, so a head's number does not tell which one of
another model does the same. What they look at does.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def moved_attention(
    first: Float[Tensor, "L H T T"], second: Float[Tensor, "L2 H2 T T"]
) -> Float[Tensor, "L H L2 H2"]:
    """How much of its attention a head would have to move to look as another one does: 0 to 1.

    The mean over tokens of the total variation between both rows of weights. The first token is
    left out, which has nowhere else to look; a text of it alone moves nothing.

    Args:
        first: Of one model, rows looking and columns looked at.
        second: Of another model, on the same tokens.
    """
    rows = [weights.flatten(0, 1)[:, 1:] for weights in (first, second)]
    count = max(1, rows[0].shape[1])
    # One head against all others at a time: all against all would be as large as both squared.
    moved = [(head - rows[1]).abs().sum((1, 2)) / (2 * count) for head in rows[0]]
    return torch.stack(moved).view(*first.shape[:2], *second.shape[:2])


def partners(moved: Float[Tensor, "heads others"]) -> list[int]:
    """For each head another one, no two the same: the two most alike first, and so on.

    Args:
        moved: How unlike they are; no more heads than others.
    """
    left = moved.clone()
    found = [0] * len(moved)
    for _head in range(len(moved)):
        head, other = divmod(int(left.argmin()), left.shape[1])
        found[head] = other
        left[head], left[:, other] = torch.inf, torch.inf
    return found
