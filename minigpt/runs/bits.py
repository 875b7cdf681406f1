"""Loss per character, which can be compared between tokenizers. Loss per token cannot."""

import math
from collections.abc import Mapping
from typing import Any

from minigpt.runs import records
from minigpt.tokenizers.character import CharacterTokenizer


def characters_per_token(config: Mapping[str, Any], state: Mapping[str, Any]) -> float | None:
    """How much of a run's validation text one token covers; None if nobody measured it.

    Args:
        config: the run's config.json.
        state: its state.json, where the worker notes what it measured.
    """
    kind = records.text(records.section(config, "tokenizer"), "kind")
    if kind == CharacterTokenizer.kind:
        return 1.0
    measured = records.number(state, "characters_per_token")
    return measured if measured is not None and measured > 0 else None


def bits_per_character(loss: float | None, characters: float | None) -> float | None:
    """How many bits it takes to tell the text, a character; None if that is not known.

    Args:
        loss: nats per token.
        characters: characters per token.
    """
    if loss is None or characters is None:
        return None
    return loss / math.log(2) / characters
