"""What a model would say if it stopped early, how far its stream has come, and where it looked.

The logit lens (nostalgebraist 2020, "interpreting GPT: the logit lens") reads the stream between
two parts as if it were the last: through the last norm and the way back to tokens. Nothing trained
it to be read there, so an early layer's answer says how far the stream has turned towards the last
one's, and not what the model "thinks".
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.trace import Trace
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Logits


def streams(seen: Trace) -> Float[Tensor, "stages T C"]:
    """The stream of one text before the first block and after each.

    Args:
        seen: A trace with `residual_after`.
    """
    return torch.cat([seen.embedded, *(layer.residual_after for layer in seen.layers)])


def steps_of(model: LanguageModel, seen: Trace, position: int) -> Float[Tensor, "steps C"]:
    """The stream at one position: at first, and after each attention and each feed-forward part.

    Args:
        model: The one that was traced.
        seen: A trace with `residual_before`, `attended` and `residual_after`.
        position: Counted from 0.
    """
    steps = [seen.embedded[0, position]]
    with torch.inference_mode():
        for block, layer in zip(model.attention_blocks(), seen.layers, strict=True):
            there = slice(position, position + 1)
            before, attended = layer.residual_before[:, there], layer.attended[:, there]
            steps.append(block.add_attention(before, attended)[0, 0])
            steps.append(layer.residual_after[0, position])
    return torch.stack(steps)


def lens(
    model: LanguageModel, stream: Float[Tensor, "*stages T C"]
) -> Float[Tensor, "*stages T V"]:
    """The logits that each stream would give if it were the last one."""
    flat = stream.reshape(-1, *stream.shape[-2:])
    with torch.inference_mode():
        logits: Logits = model.unembed(flat)
    return logits.view(*stream.shape[:-1], -1)


def rollout(seen: Trace) -> Float[Tensor, "L T T"]:
    """Attention followed back through the layers, down to the tokens (Abnar and Zuidema 2020).

    An approximation, and not more: heads are averaged, whatever they bring; half of what a layer
    hands on is taken to be what was there before, whatever it weighs; norms and feed-forward parts
    are left out. Rows add up to one.

    Args:
        seen: A trace with `weights`, of one text.
    """
    return _followed_back([layer.weights[0].mean(0) for layer in seen.layers])


def even_rollout(layers: int, tokens: int) -> Float[Tensor, "L T T"]:
    """The rollout of heads that look everywhere alike: what to compare one with.

    It is far from even. Half of each layer stays where it is, and the first tokens, which all may
    look at, gather more from layer to layer.
    """
    even = torch.ones(tokens, tokens).tril()
    return _followed_back([even / even.sum(-1, keepdim=True)] * layers)


def _followed_back(weights: Sequence[Float[Tensor, "T T"]]) -> Float[Tensor, "L T T"]:
    found: list[Tensor] = []
    for layer in weights:
        kept = (layer + torch.eye(len(layer))) / 2
        found.append(kept @ found[-1] if found else kept)
    return torch.stack(found)
