"""What each token of the text brings to a logit, through each head.

A head adds the average of the values that it finds, by its weights, so what it contributes to a
logit is a sum over the places it looks at. What stands at a place is no longer the token alone:
above the first layer it is a mixture of all before it. So a number here says what came from a
place in a layer, and not which letter it goes back to.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.attribution.receipt import Receipt
from minigpt.introspection.trace import Stage, Trace
from minigpt.models.language_model import LanguageModel

NEEDED: frozenset[Stage] = frozenset({"weights", "values"})


def sources(model: LanguageModel, seen: Trace, taken_apart: Receipt) -> Float[Tensor, "L H T"]:
    """What each place brings to the logit of a receipt, through each head.

    Over the places they add up to the head's share in the receipt. Heads of layers whose work a
    later layer replaces bring nothing themselves.

    Args:
        model: The one that was traced.
        seen: The trace of one text, with what is `NEEDED`.
        taken_apart: The receipt of that trace.
    """
    direction, position = taken_apart.direction, taken_apart.position
    counted = {part.layer for part in taken_apart.parts if part.kind == "head"}
    found = []
    with torch.inference_mode():
        for index, block in enumerate(model.attention_blocks()):
            layer = seen.layers[index]
            # (H, T, C) @ (C): what the value at each place would push if it were looked at alone
            pushes = block.attention.head_additions(layer.values)[0] @ direction
            brought = layer.weights[0, :, position] * pushes
            found.append(brought if index in counted else torch.zeros_like(brought))
        shape = (0, 0, seen.logits.shape[1])
        return torch.stack(found) if found else torch.zeros(shape)
