"""What the heads of a run are for, judged on its own text and against its own beginning."""

import math
from typing import Any

import torch
from jaxtyping import Bool
from torch import Tensor

from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.introspection.ablation import heads_shape
from minigpt.introspection.heads import FIRST_ROW
from minigpt.introspection.report_card import FEWEST_WINDOWS, Interval, ReportCard, Source
from minigpt.models.build import build_model
from minigpt.models.language_model import LanguageModel
from minigpt.runs.analysis.inside.texts import (
    ENOUGH_TOKENS,
    LONGEST_WINDOW,
    MOST_WINDOWS,
    given_windows,
    unseen_windows,
)
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.sentences import Sentence, numeral
from minigpt.shapes import Tokens
from minigpt.tokenizers import Tokenizer

TABLE_HEAD = "head  name                  silenced   share of its place (by chance, untrained)"


def report_card(
    run: RunDirectory,
    trained: TrainedModel,
    *,
    windows: int = MOST_WINDOWS,
    by_mean: bool = False,
    text: str | None = None,
) -> ReportCard:
    """A measurement that has looked where heads look, and not yet at what they do.

    Args:
        run: The one that trained the model.
        trained: Its model at some step.
        windows: How many pieces of validation text to judge by, at most.
        by_mean: Let a silent head bring what it brings on average, not nothing.
        text: What to judge by instead of the validation text.

    Raises:
        ConfigurationError: the model has no attention, or reads too few tokens at a time.
        MiniGPTError: the run's text is not here, and nothing of it was kept; or `text` is too short
            or cannot be read.
    """
    model = trained.model
    if not heads_shape(model)[0]:
        raise ConfigurationError(
            "This model has no attention to look at. Choose a run of a model that has, such as gpt."
        )
    length = min(model.context_length, LONGEST_WINDOW)
    if length <= FIRST_ROW + 1:
        raise ConfigurationError(
            "This model reads {length} tokens at a time, too few to say what a head is for. "
            "Train one with a context of at least {least}.",
            length=length,
            least=FIRST_ROW + 2,
        )
    tokens, source = _windows(run, trained, text, length=length, windows=windows)
    return ReportCard(
        model,
        tokens,
        source=source,
        untrained=untrained_model(run, trained),
        marks=punctuation(trained.tokenizer),
        by_mean=by_mean,
    )


def _windows(
    run: RunDirectory, trained: TrainedModel, text: str | None, *, length: int, windows: int
) -> tuple[Tokens, Source]:
    if text is not None:
        return given_windows(trained, text, windows=windows), "given"
    if run.config().is_from_elsewhere:
        raise ConfigurationError(
            "This model comes from elsewhere, so its text is not known here. A report on this one "
            "run can judge its heads on a text of yours: heads RUN --text or --file."
        )
    unseen = unseen_windows(run, trained.tokenizer, length=length, windows=windows)
    return unseen.tokens, unseen.source


def untrained_model(run: RunDirectory, trained: TrainedModel) -> LanguageModel | None:
    """The same model before anything was learnt: as saved, or built again from the run's seed.

    None of a model that comes from elsewhere: nobody knows how it began.
    """
    config = run.config()
    if config.is_from_elsewhere:
        return None
    if config.start.kind == "fresh":
        try:
            return open_model(run, step=0).model
        except MiniGPTError:
            pass  # not kept: equal seeds build equal models
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        vocabulary_size = trained.tokenizer.vocabulary_size
        return build_model(config.model, vocabulary_size=vocabulary_size).eval()


def punctuation(tokenizer: Tokenizer) -> Bool[Tensor, " V"]:
    """Which tokens have neither a letter nor a digit, and are no mere white space."""
    return torch.tensor(
        [bool(token.strip()) and not any(map(str.isalnum, token)) for token in tokenizer.vocabulary]
    )


def given_words(card: ReportCard, tokenizer: Tokenizer) -> Sentence:
    """What was read of a text that somebody brought, and how far the numbers carry."""
    pieces, tokens = len(card.windows), card.windows.shape[1] - 1
    letters = len(tokenizer.decode(card.windows[:, :-1].flatten().tolist()))
    if pieces < FEWEST_WINDOWS:
        return Sentence(
            "The heads were judged on this text alone, {letters} characters, {tokens} tokens read "
            "as one piece. That is too little to know how sure the numbers are, so no head has a "
            "name: {enough} tokens would do. Whether the model was trained on this text was not "
            "looked into.",
            letters=letters,
            tokens=tokens,
            enough=ENOUGH_TOKENS,
        )
    return Sentence(
        "The heads were judged on this text alone: {letters} characters, {pieces} pieces of "
        "{tokens} tokens. On another text they may do something else. Whether the model was "
        "trained on this one was not looked into.",
        letters=letters,
        pieces=pieces,
        tokens=tokens,
    )


def joint_effect_words(card: ReportCard) -> Sentence:
    """What the heads do together, which decides whether any of them can have a name."""
    together = card.without_all.estimate
    mean = float(together.mean)
    loss = numeral(mean, "+.3f")
    if card.does_something is None and card.is_done:
        return Sentence(
            "Silencing all heads at once changes the loss by {loss} nats on this one piece.",
            loss=loss,
        )
    if card.does_something is None:
        return Sentence(
            "Silencing all heads at once changes the loss by {loss} nats so far.", loss=loss
        )
    if card.does_something:
        return Sentence(
            "Without any of its heads the model's loss is {loss} nats a token higher.",
            loss=numeral(mean, ".3f"),
        )
    return Sentence(
        "Silencing all heads at once changes the loss by only {loss} nats a token: what this model "
        "knows, it knows without them, so none of them has a name.",
        loss=loss,
    )


def card_as_json(card: ReportCard, *, run: str, step: int) -> dict[str, Any]:
    """Every number of the card; null where nothing is known."""
    layers, heads = heads_shape(card.model)
    return {
        "run": run,
        "step": step,
        "silent_heads_bring": "nothing" if card.means is None else "mean",
        "text": card.source,
        "windows": card.effects.windows,
        "tokens_per_window": card.windows.shape[1] - 1,
        "loss": _number(card.loss.estimate.mean),
        "without_all": _interval(card.without_all.estimate, ()),
        "verdict": str(joint_effect_words(card)),
        "heads": [
            _head_as_json(card, (layer, head)) for layer in range(layers) for head in range(heads)
        ],
    }


def card_as_table(card: ReportCard) -> str:
    """What all heads do together; then a line for each: its name, its effect, where it looks."""
    effects, lines = card.effects.estimate, [str(joint_effect_words(card)), ""]
    lines.append(TABLE_HEAD)
    layers, heads = heads_shape(card.model)
    for layer in range(layers):
        for head in range(heads):
            mean, half = effects.mean[layer, head], effects.half_width[layer, head]
            place, name = f"{layer + 1}.{head + 1}", card.name(layer, head) or "-"
            is_sure = math.isfinite(float(half))
            silenced = f"{mean:+.3f} ± {half:.3f}" if is_sure else f"{mean:+.3f}"
            lines.append(f"{place:<6}{name:<10}{silenced:>20}   {_most(card, (layer, head))}")
    return "\n".join(lines)


def _most(card: ReportCard, head: tuple[int, int]) -> str:
    shares = card.looks.shares
    kind = max(shares, key=lambda one: float(shares[one].heads[head].nan_to_num(-1)))
    before = "" if card.before is None else f", {card.before.shares[kind].heads[head]:.2f}"
    return f"{kind} {shares[kind].heads[head]:.2f} ({shares[kind].chance:.2f}{before})"


def _head_as_json(card: ReportCard, head: tuple[int, int]) -> dict[str, Any]:
    return {
        "layer": head[0] + 1,
        "head": head[1] + 1,
        "name": card.name(*head),
        "shares": {
            kind: {
                "share": _number(share.heads[head]),
                "chance": _number(share.chance),
                "untrained": _number(card.before.shares[kind].heads[head]) if card.before else None,
            }
            for kind, share in card.looks.shares.items()
        },
        "entropy": _number(card.looks.entropy[head]),
        "effect": _interval(card.effects.estimate, head),
        "stands_out_for": card.candidates.get(head),
        "effect_of_being_blind_to_it": _interval(card.blind.estimate, head)
        if head in card.candidates
        else None,
    }


def _interval(estimate: Interval, head: tuple[int, ...]) -> dict[str, float | None]:
    mean, half = float(estimate.mean[head]), float(estimate.half_width[head])
    return {"mean": _number(mean), "low": _number(mean - half), "high": _number(mean + half)}


def _number(value: Tensor | float) -> float | None:
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None
