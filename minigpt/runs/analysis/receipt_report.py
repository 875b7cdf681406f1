"""Why a model says one token and not another, as a receipt with what each part is worth."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.receipt import Part, Receipt, receipt, require_receipt
from minigpt.introspection.attribution.removal import logits_without
from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import N_, Sentence
from minigpt.tokenizers import Tokenizer

NAMES = {
    "token": N_("token's vector"),
    "ngrams": N_("tables of n-grams"),
    "position": N_("position's vector"),
    "head": N_("head {layer}.{head}"),
    "attention_bias": N_("bias of attention {layer}"),
    "feed_forward": N_("feed-forward {layer}"),
    "offset": N_("biases of the last norm and the output"),
}
"""What the lines of a receipt are called; layers and heads are counted from 1."""
DIGITS = 6


@dataclass(frozen=True)
class Account:
    """A receipt after the last token of a text, and the experiment beside it."""

    text: str
    receipt: Receipt
    logits: Float[Tensor, " V"]
    """The model's."""
    without: Float[Tensor, "parts V"]
    """The logits without each part but the offset."""

    @cached_property
    def worth(self) -> Float[Tensor, " lines"]:
        """By how much the logit, or the difference of two, falls when a part is taken away."""
        return worth(self.receipt, self.logits, self.without)

    @property
    def probability(self) -> float:
        """Of the token."""
        return float(self.logits.softmax(-1)[self.receipt.token])


def worth(
    taken_apart: Receipt, logits: Float[Tensor, " V"], without: Float[Tensor, "parts V"]
) -> Float[Tensor, " lines"]:
    """By how much the logit of a receipt falls when each of its parts is taken away.

    The offset is added last, and nothing reads it: without it the logit falls by its share.
    """
    lost = logits - without
    token, against = taken_apart.token, taken_apart.against
    chosen = lost[:, token] if against is None else lost[:, token] - lost[:, against]
    return torch.cat([chosen.double(), taken_apart.shares[-1:]])


def account_for_token(
    trained: TrainedModel, text: str, token: str, against: str | None = None
) -> Account:
    """Take apart what a model expects after a text.

    Args:
        trained: The model and its tokenizer.
        text: What it reads.
        token: The text of the token whose logit it is.
        against: The text of the token whose logit is subtracted.

    Raises:
        ConfigurationError: the model is post-norm, the text is too long or empty, or what should
            be one token is none or several.
        TokenizerError: the text has something that the model never saw.
    """
    model = trained.model
    require_receipt(model)
    ids = [token_id(trained.tokenizer, one) for one in (token, against) if one is not None]
    tokens = torch.tensor([trained.tokenizer.encode(text)], dtype=torch.long)
    seen, last = trace(model, tokens), tokens.shape[1] - 1
    found = receipt(
        model, tokens, seen,
        position=last, token=ids[0], against=None if against is None else ids[1],
    )  # fmt: skip
    without = logits_without(model, tokens, seen, position=last)
    return Account(text, found, seen.logits[0, last], without)


def token_id(tokenizer: Tokenizer, text: str) -> int:
    """The id of a token by its text.

    Raises:
        ConfigurationError: the text is no token of this model.
    """
    if text in tokenizer.vocabulary:
        return tokenizer.vocabulary.index(text)
    raise ConfigurationError(
        "{text!r} is not one token of this model. Name one of its {count} tokens, such as "
        "{examples}.",
        text=text,
        count=tokenizer.vocabulary_size,
        examples=", ".join(repr(token) for token in tokenizer.vocabulary[-3:]),
    )


def name_of(part: Part) -> Sentence:
    """What a line of a receipt is called."""
    places = {"layer": part.layer, "head": part.head}
    counted = {name: place + 1 for name, place in places.items() if place is not None}
    return Sentence(NAMES[part.kind], **counted)


def account_as_json(found: Account, tokenizer: Tokenizer, *, run: str, step: int) -> dict[str, Any]:
    """Every number; layers and heads are counted from 1."""
    taken, vocabulary = found.receipt, tokenizer.vocabulary
    return {
        "run": run,
        "step": step,
        "text": found.text,
        "token": vocabulary[taken.token],
        "against": None if taken.against is None else vocabulary[taken.against],
        "probability": _rounded(found.probability),
        "logit": _rounded(taken.logit),
        "total": _rounded(taken.total),
        "difference": float(f"{taken.difference:.3g}"),
        "parts": [
            {
                "part": part.kind,
                "layer": None if part.layer is None else part.layer + 1,
                "head": None if part.head is None else part.head + 1,
                "share": _rounded(float(share)),
                "worth": _rounded(float(lost)),
            }
            for part, share, lost in zip(taken.parts, taken.shares, found.worth, strict=True)
        ],
    }


def account_as_table(found: Account) -> str:
    """A line for each part, the largest first, and the sum."""
    taken = found.receipt
    rows = sorted(
        zip(taken.parts, taken.shares.tolist(), found.worth.tolist(), strict=True),
        key=lambda row: -abs(row[1]),
    )
    lines = [f"{'':<40}{N_('share'):>10}{N_('worth'):>10}"]
    lines += [f"{name_of(part):<40}{share:>+10.4f}{lost:>+10.4f}" for part, share, lost in rows]
    lines.append(f"{N_('sum'):<40}{taken.total:>+10.4f}")
    lines.append(f"{N_('forward pass'):<40}{taken.logit:>+10.4f}")
    return "\n".join(lines)


def _rounded(value: float) -> float | None:
    return round(value, DIGITS) if math.isfinite(value) else None
