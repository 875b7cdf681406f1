"""From which step of its training on a model knew each token of a text for good.

That a token was once the first choice may be luck. So it counts as known only from the first kept
step on at which it is among the likeliest and stays so at every later one.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

NEVER = -1


def ranks(logits: Float[Tensor, "T V"], ids: Int[Tensor, " T"]) -> Int[Tensor, " judged"]:
    """At which place of the model's choices each token stood that followed; 1 is the first choice.

    Of equally likely tokens the one with the lower id comes first.
    """
    return ranks_of(logits[:-1], ids[1:])


def ranks_of(
    scores: Float[Tensor, "judged V"], came: Int[Tensor, " judged"]
) -> Int[Tensor, " judged"]:
    """The same where it is said which token came after each place."""
    of_came = scores.gather(-1, came[:, None])
    lower = torch.arange(scores.shape[-1], device=came.device) < came[:, None]
    before = (scores > of_came) | ((scores == of_came) & lower)
    return 1 + before.sum(-1)


def known_since(by_step: Sequence[Int[Tensor, " judged"]], within: int) -> Int[Tensor, " judged"]:
    """The place, among the steps, from which on each token was among the likeliest for good.

    Args:
        by_step: The ranks at each kept step, the earliest step first.
        within: Among how many of the likeliest; 1 is the first choice alone.

    Returns:
        Counted from 0; `NEVER` where the token is not known at the last step.
    """
    known = torch.stack(list(by_step)) <= within
    # Whether it is known at this step and at every later one.
    for_good = known.flip(0).cumprod(0).flip(0).bool()
    first = for_good.int().argmax(0)
    return torch.where(for_good[-1], first, NEVER)
