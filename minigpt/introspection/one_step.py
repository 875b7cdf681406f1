"""What one training step on one sentence does to a model: what it learns, and what it forgets.

The step is a real one, on a copy: the gradient of the sentence's loss, and a rule that is named.
The sentence alone is the batch, so a step is larger and narrower than those of a training.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor
from torch.optim import SGD, AdamW, Optimizer

from minigpt.configuration import require_between, require_choice
from minigpt.errors import ConfigurationError
from minigpt.introspection.ablation import token_losses
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Tokens

RuleName = Literal["sgd", "adamw"]
RULES: tuple[RuleName, ...] = get_args(RuleName)
MOST_STEPS, LARGEST_RATE = 100, 10.0


@dataclass(frozen=True, kw_only=True)
class StepRule:
    """How a gradient becomes a change of the weights."""

    name: RuleName = "sgd"
    """Plain gradient descent, or AdamW with nothing remembered yet."""
    learning_rate: float = 0.1
    """Size of a step."""
    beta1: float = 0.9
    """Share of the past in the direction of an AdamW step."""
    beta2: float = 0.99
    """Share of the past in the size by which AdamW divides."""
    weight_decay: float = 0.0
    """Pull of AdamW on every number towards zero."""

    def __post_init__(self) -> None:
        require_choice("rule", self.name, RULES)
        require_between("learning_rate", self.learning_rate, 0.0, LARGEST_RATE)

    def optimizer(self, model: LanguageModel) -> Optimizer:
        """The rule at work on a model."""
        if self.name == "sgd":
            return SGD(model.parameters(), lr=self.learning_rate)
        betas = (self.beta1, self.beta2)
        return AdamW(
            model.parameters(), lr=self.learning_rate, betas=betas, weight_decay=self.weight_decay
        )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step that was taken."""

    pupil: LanguageModel
    """The copy after it: the same one after every step."""
    losses: Float[Tensor, " following"]
    """Before it, of each token of the sentence but the first: what its gradient is of."""


@dataclass(frozen=True, kw_only=True)
class ArrayMovement:
    """How far an array of the model went."""

    name: str
    """In the model."""
    length: float
    """Of the change, as one long vector."""
    share: float
    """Of the length that the array had; not a number where it was zero."""


def teach_copy(
    model: LanguageModel, sentence: Tokens, rule: StepRule, *, steps: int
) -> Iterator[Step]:
    """Teach a copy of a model a sentence, step by step; `model` stays as it is.

    Args:
        model: In eval mode, so that dropout is off.
        sentence: One text of two tokens or more, at most one more than the context.
        rule: How a gradient becomes a change.
        steps: How many, 1 to `MOST_STEPS`.

    Raises:
        ConfigurationError: the sentence is too short or too long, or there are too many steps.
    """
    require_between("steps", steps, 1, MOST_STEPS)
    if sentence.shape[1] < 2:
        raise ConfigurationError(
            "One token alone teaches nothing: there is none that follows it. Write a longer "
            "sentence."
        )
    model.require_context(sentence.shape[1] - 1)
    return _steps(model, sentence, rule, steps)


def _steps(model: LanguageModel, sentence: Tokens, rule: StepRule, steps: int) -> Iterator[Step]:
    pupil = copy.deepcopy(model).eval()
    optimizer = rule.optimizer(pupil)
    for _ in range(steps):
        with torch.enable_grad():
            optimizer.zero_grad()
            losses = sentence_losses(pupil, sentence)
            torch.autograd.backward(losses.mean())
        optimizer.step()
        yield Step(pupil=pupil, losses=losses.detach())


def sentence_losses(model: LanguageModel, sentence: Tokens) -> Float[Tensor, " following"]:
    """The loss of each token of one text but the first, in nats.

    Raises:
        ConfigurationError: it is none that a computer can count with.
    """
    losses = token_losses(model(sentence[:, :-1]), sentence[:, 1:])[0]
    if not bool(losses.isfinite().all()):
        raise ConfigurationError(
            "The loss of the sentence is no number any more: weights have grown beyond what a "
            "computer can count with. Choose a smaller learning rate or fewer steps, or another "
            "step of the run."
        )
    return losses


def array_movements(before: LanguageModel, after: LanguageModel) -> list[ArrayMovement]:
    """How far each array went, those that went furthest for their length first."""
    arrays = dict(after.named_parameters())
    found = []
    with torch.inference_mode():
        for name, old in before.named_parameters():
            length, whole = float((arrays[name] - old).norm()), float(old.norm())
            share = length / whole if whole else float("nan")
            found.append(ArrayMovement(name=name, length=length, share=share))
    return sorted(found, key=lambda one: (one.share != one.share, -one.share))
