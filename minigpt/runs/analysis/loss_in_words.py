"""What a loss means in words.

A loss of L nats is the surprise of drawing one of e^L things that are all equally likely.
"""

import math

from minigpt.sentences import N_, Sentence, numeral

MOST = 20.0
"""Nats. Beyond them stand models that broke: a choice among more things than there are words."""
CHOICES: dict[str, str] = {
    "character": N_("as unsure as a choice among {choices} characters"),
    "word": N_("as unsure as a choice among {choices} words"),
    "byte": N_("as unsure as a choice among {choices} bytes"),
}
"""By the kind of the tokenizer."""
TOKENS = N_("as unsure as a choice among {choices} tokens")


def in_choices(loss: float, tokenizer: str | None) -> str | None:
    """How unsure a model of this loss is at each token, in words; None where words fail.

    >>> in_choices(1.7427, "character")
    'as unsure as a choice among 5.7 characters'

    Args:
        loss: nats per token.
        tokenizer: the kind of its tokenizer.
    """
    if not 0 <= loss <= MOST:
        return None
    choices = math.exp(loss)
    few = choices < 100
    shown = numeral(choices, ".1f") if few else numeral(float(f"{choices:.2g}"), ",.0f")
    return Sentence(CHOICES.get(tokenizer or "", TOKENS), choices=shown)
