"""How far a model's predictions are from those of somebody who guesses otherwise.

The Kullback-Leibler divergence from the model to another guesser: how many nats a token it would
cost to guess as the other does, were the model right. It is 0 where both guess the same, and it
does not ask what came next, so a model can move away from a guesser without getting better.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Tokens

LogOdds = Float[Tensor, "places V"]


def judged_log_odds(model: LanguageModel, texts: Tokens, judged: Bool[Tensor, "B T"]) -> LogOdds:
    """What a model expects after each judged token, text after text.

    Args:
        model: In eval mode.
        texts: Each is read by itself; of a large vocabulary all at once would be too much.
        judged: After which tokens.
    """
    with torch.inference_mode():
        found = [
            model(text[None])[0][wanted].log_softmax(-1)
            for text, wanted in zip(texts, judged, strict=True)
            if wanted.any()
        ]
    return torch.cat(found)


def divergence(model: LogOdds, guesser: LogOdds) -> float:
    """How far a guesser is from a model, in nats a token, on average over places."""
    return float((model.exp() * (model - guesser)).sum(-1).double().mean())
