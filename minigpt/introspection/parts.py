"""What a model loses without its heads, and without its table of n-grams."""

from dataclasses import dataclass

import torch
from torch.func import functional_call
from torch.nn import functional

from minigpt.introspection.ablation import heads_shape, with_heads
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Logits, Tokens

TABLE = "ngram_embedding.weight"


@dataclass(frozen=True, kw_only=True)
class PartLosses:
    """Losses in nats per token, all on the same windows."""

    whole: float
    without_heads: float
    """With every head of every layer silenced."""
    without_table: float
    """With the vectors of all n-grams zero; those of single tokens stay."""


def part_losses(model: LanguageModel, inputs: Tokens, targets: Tokens) -> PartLosses | None:
    """What each part is worth to a model as it is; None for one without a table.

    Args:
        model: In eval mode; stays as it is.
        inputs: Windows of text it was not trained on.
        targets: The token after each.
    """
    table = dict(model.named_parameters()).get(TABLE)
    if table is None:
        return None
    with torch.inference_mode():
        emptied: Logits = functional_call(model, {TABLE: torch.zeros_like(table)}, (inputs,))
        silent = with_heads(model, torch.zeros(heads_shape(model), device=table.device))(inputs)
        return PartLosses(
            whole=_loss(model(inputs), targets),
            without_heads=_loss(silent, targets),
            without_table=_loss(emptied, targets),
        )


def _loss(logits: Logits, targets: Tokens) -> float:
    return float(functional.cross_entropy(logits.flatten(0, 1), targets.flatten()))
