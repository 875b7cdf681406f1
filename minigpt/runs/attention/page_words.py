"""What the pages to take home say, each as a template that the page itself fills in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from minigpt.sentences import N_

LOOK_WORDS: Final[dict[str, str]] = {
    "title": N_("What every head looks at"),
    "about": N_(
        "Run {run} at step {step}, {tokens} tokens. In each square, rows look and columns are "
        "looked at. Choose a head, then the token that looks."
    ),
    "head": N_("Layer {layer}, head {head}"),
    "map": N_("Attention of layer {layer}, head {head}: rows look, columns are looked at"),
    "place": N_("Place"),
    "looks": N_("Looks at"),
    "weight": N_("Weight"),
}
FILM_WORDS: Final[dict[str, str]] = {
    "title": N_("What every head looks at, while it learns"),
    "about": N_(
        "Run {run}: {frames} frames of the same text of {tokens} tokens. In each square, rows look "
        "and columns are looked at; stronger colour is more weight, from 0 to 1, kept to "
        "1/{full}. Choose a token, a head, a step."
    ),
    "play": N_("Play"),
    "stop": N_("Stop"),
    "step": N_("Step of the training"),
    "at": N_("step {step} · {place} of {all}"),
    "curve": N_("validation loss by step"),
    "tokens": N_("The token that looks"),
    "heads": N_("Heads, layers down"),
    "head": N_("Layer {layer}, head {head}"),
    "caption": N_("Layer {layer}, head {head}: where token {place} ({token}) looks at step {step}"),
    "judged": N_(
        "Layer {layer}, head {head}: where token {place} ({token}) looks at step {step}, "
        "validation loss {loss} at step {judged}"
    ),
    "place": N_("Place"),
    "looks": N_("Looks at"),
    "weight": N_("Weight"),
}


@dataclass(frozen=True, kw_only=True)
class PageWords:
    """What a page says, and in which language."""

    words: Mapping[str, str]
    language: str = "en"
    """Its code, such as "id"."""
    decimal: str = "."
    """What stands before decimals."""

    def values(self) -> dict[str, Any]:
        """For the page's script."""
        return {
            "language": self.language, "decimal": self.decimal, "words": dict(self.words),
        }  # fmt: skip


ENGLISH_LOOK: Final = PageWords(words=LOOK_WORDS)
ENGLISH_FILM: Final = PageWords(words=FILM_WORDS)
