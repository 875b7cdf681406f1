"""A head that copies: where it looks, when it came to look there, and what it needs for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.introspection.trace import trace
from minigpt.lessons.snippet import Snippet
from minigpt.models.language_model import LanguageModel
from minigpt.tokenizers import Tokenizer

Point = tuple[int | float, float]
"""A step, and what was measured there."""
FEWEST, AGAIN, SHOWN = 4, 3, 5
"""Letters of a segment at least; how many of them come again; likeliest letters that are shown."""


@dataclass(frozen=True, kw_only=True)
class CopyingHead:
    """One head on a segment of letters that begins again."""

    step: int
    """Of the training."""
    text: str
    """A line break, the letters, and the first of them again."""
    layer: int
    head: int
    """The head that looks most at what is to be copied, at the last step of the training."""
    row: Float[Tensor, " T"]
    """What the last token gives to each."""
    target: int
    """The place of the letter that came next at the first time."""
    share: float
    """What the head gives there."""
    chance: float
    """What it would give if it looked at all alike."""
    odds: Mapping[str, float]
    """The likeliest next letters."""
    expected: float
    """The probability of the letter that is to be copied."""
    silenced: float
    """The same while the head of the first layer that looks one back says nothing."""
    share_silenced: float
    """What the copying head then gives to the place."""

    @property
    def place(self) -> int:
        """Where the last token looks most."""
        return int(self.row.argmax())

    @property
    def answer(self) -> str:
        """The letter that came next at the first time."""
        return self.text[self.target]


COPYING_HEAD = Snippet(
    """
import torch
import minigpt

run, segment = minigpt.open_run($run), $segment
text = "\\n" + segment + segment[:3]
target = text.index(segment[3])

def look(step, mask=None):
    opened = minigpt.open_model(run, step=step)
    ids = torch.tensor([opened.tokenizer.encode(text)])
    return opened, minigpt.trace(opened.model, ids, head_mask=mask)

opened, last = look($last)
weights = last.attention[0]  # layers, heads, from, to
layer, head = divmod(weights[:, :, -1, target].argmax().item(), weights.shape[1])

opened, seen = look($step)
row = seen.attention[0, layer, head, -1]
share, chance = row[target].item(), 1 / len(text)
probabilities = seen.logits[0, -1].softmax(-1)
expected = probabilities[opened.tokenizer.encode(segment[3])].item()

one_back = seen.attention[0, 0].diagonal(-1, dim1=-2, dim2=-1).mean(-1).argmax().item()
mask = torch.ones(1, *weights.shape[:2])
mask[0, 0, one_back] = 0
silent = look($step, mask)[1]
share_silenced = silent.attention[0, layer, head, -1, target].item()
silenced = silent.logits[0, -1].softmax(-1)[opened.tokenizer.encode(segment[3])].item()
""",
    (
        "text", "layer", "head", "row", "target", "share", "chance", "expected", "silenced",
        "share_silenced",
    ),
)  # fmt: skip


def segment_of(typed: str, tokenizer: Tokenizer) -> str:
    """The different letters of what was typed.

    Raises:
        ConfigurationError: they are too few.
    """
    known = (one for one in typed if one.isalpha() and not tokenizer.unknown_characters(one))
    letters = "".join(dict.fromkeys(known))
    if len(letters) < FEWEST:
        raise ConfigurationError(
            "“{typed}” has fewer than {fewest} different letters from a to z. Type more of them.",
            typed=typed,
            fewest=FEWEST,
        )
    return letters


def copying_head(
    model: LanguageModel, last: LanguageModel, tokenizer: Tokenizer, typed: str, step: int
) -> CopyingHead:
    """Look at a segment that begins again, with a model at one step of its training.

    Args:
        model: At that step.
        last: The same at the end of its training, which says which head it is about.
        tokenizer: Of both.
        typed: Letters of which each counts once.
        step: Of the training, to be named.

    Raises:
        ConfigurationError: there are too few different letters.
    """
    segment = segment_of(typed, tokenizer)
    text = f"\n{segment}{segment[:AGAIN]}"
    target = text.index(segment[AGAIN])
    ids = torch.tensor([tokenizer.encode(text)])
    seen, grown = trace(model, ids), trace(last, ids).attention[0]
    layer, head = divmod(int(grown[:, :, -1, target].argmax()), grown.shape[1])
    row = seen.attention[0, layer, head, -1]
    probabilities = seen.logits[0, -1].softmax(-1)
    answer = tokenizer.encode(segment[AGAIN])[0]
    silent = trace(model, ids, head_mask=_without_one_back(seen.attention))
    return CopyingHead(
        step=step,
        text=text,
        layer=layer,
        head=head,
        row=row,
        target=target,
        share=row[target].item(),
        chance=1 / len(text),
        odds=_likeliest(probabilities, tokenizer),
        expected=probabilities[answer].item(),
        silenced=silent.logits[0, -1].softmax(-1)[answer].item(),
        share_silenced=silent.attention[0, layer, head, -1, target].item(),
    )


def _without_one_back(attention: Float[Tensor, "1 L H T T"]) -> Float[Tensor, "1 L H"]:
    """Silences the head of the first layer that looks most at the token before."""
    one_back = attention[0, 0].diagonal(-1, dim1=-2, dim2=-1).mean(-1).argmax()
    mask = torch.ones(attention.shape[:3])
    mask[0, 0, one_back] = 0
    return mask


def _likeliest(odds: Float[Tensor, " V"], tokenizer: Tokenizer) -> dict[str, float]:
    found = odds.topk(min(SHOWN, len(odds)))
    return {
        tokenizer.vocabulary[index]: share
        for share, index in zip(found.values.tolist(), found.indices.tolist(), strict=True)
    }


@dataclass(frozen=True, kw_only=True)
class Birth:
    """How the share of the copying head and the loss went over a training."""

    share: tuple[Point, ...]
    """By step, in percent."""
    loss: tuple[Point, ...]
    """The validation loss by step."""
    chance: float
    """In percent."""
    half: int
    """The first step at which the head gives half of its attention to what is to be copied."""
    steps: int

    @property
    def first_half(self) -> float:
        """How far through the training that is, in percent."""
        return 100 * self.half / self.steps


BIRTH = Snippet(
    """
import json
import minigpt

run = minigpt.open_run($run)
rows = [json.loads(line) for line in (run.path / "heads.jsonl").read_text().splitlines()]
layer, head = max(
    ((layer, head) for layer, heads in enumerate(rows[-1]["copied"]) for head in range(len(heads))),
    key=lambda place: rows[-1]["copied"][place[0]][place[1]])
share = tuple((row["step"], 100 * row["copied"][layer][head]) for row in rows)
chance = 100 * rows[-1]["copied_chance"]
half = next(step for step, percent in share if percent >= 50)
""",
    ("share", "chance", "half"),
)


def head_birth(shares: Sequence[Point], losses: Sequence[Point], chance: float) -> Birth:
    """Put the measured curves of a run beside each other.

    Args:
        shares: Step, and the share from 0 to 1 that the copying head gave.
        losses: Step and validation loss.
        chance: The share of a head that looks everywhere alike.

    Raises:
        ConfigurationError: the head never gave half of its attention to what it could copy.
    """
    half = next((step for step, share in shares if share >= 0.5), None)
    if half is None:
        raise ConfigurationError("In this run no head has come to copy. Grow one on Home.")
    return Birth(
        share=tuple((step, 100 * share) for step, share in shares),
        loss=tuple(losses),
        chance=100 * chance,
        half=int(half),
        steps=int(shares[-1][0]),
    )
