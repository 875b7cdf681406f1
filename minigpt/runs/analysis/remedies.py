"""Why a run may have gone as it did, and what to change: the troubleshooting guide.

The likely cause is the setting that differs most, in the direction that does such harm, from those
of the ready-made configuration that is nearest; else the size of the text. Distances are logarithms
of ratios, so twice as much is as far as half as much.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from minigpt.runs.analysis.evidence import Evidence, early_gap
from minigpt.runs.config import CorpusConfig, RunConfig, flatten_settings
from minigpt.runs.presets import PRESETS, Preset, differences, nearest_preset
from minigpt.sentences import N_, Sentence, numeral

Trouble = Literal["flat", "broken", "memorising", "worse", "unfinished", "done"]
Value = str | int | float

LEAST_DISTANCE = math.log(2)
"""A setting that is not even twice or half the preset's is no cause."""
OTHER_CHOICE = 1.0
"""The distance of two words, or of nothing and something."""
MANY_PASSES = 3.0
"""Who has read a text that often may know it by heart; before, it can hardly."""
MIXED = "paragraphs"
"""The validation part that is like the rest of any text."""
EVEN = 0.02
"""How near to one another two losses are where nothing tells tokens apart."""
SAFE_LEARNING_RATE = 3e-3
DROPOUT = 0.2
FELL_ON = 0.02
"""The share of a training loss that has to go for it to have fallen."""

RATE, OPTIMIZER = "training.learning_rate", "training.optimizer"
TOO_HIGH, TOO_LOW, EITHER = 1, -1, 0
HARMFUL: dict[str, Mapping[str, int]] = {
    "broken": {
        RATE: TOO_HIGH,
        OPTIMIZER: EITHER,
        "training.momentum": TOO_HIGH,
        "training.warmup_steps": TOO_LOW,
        "training.batch_size": TOO_LOW,
    },
    "flat": {
        RATE: TOO_LOW,
        "training.steps": TOO_LOW,
        "training.weight_decay": TOO_HIGH,
        "training.warmup_steps": TOO_HIGH,
        "model.dropout": TOO_HIGH,
        "model.context_length": TOO_LOW,
        "model.width": TOO_LOW,
    },
    "done": {
        RATE: TOO_LOW,
        "training.steps": TOO_LOW,
    },
}
"""By trouble: the settings that bring it about, and in which direction."""


@dataclass(frozen=True)
class Change:
    """One setting to change when a run is started again."""

    field: str
    """Its path, such as "training.learning_rate"."""
    value: Value


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """What to make of a verdict."""

    cause: str | None = None
    """Why it is likely so, a sentence."""
    advice: str
    """What to do, a sentence."""
    change: Change | None = None
    """What to start it again with."""
    blames_text: bool = False
    """Whether the text is likely the cause, and not a setting."""


def remedy_for(trouble: Trouble, evidence: Evidence, *, since: int | None) -> Remedy:
    """What helps against a trouble.

    Args:
        trouble: what is the matter.
        evidence: of the run.
        since: the step from which on it is so, if that is known.
    """
    if trouble == "broken":
        return _steadier(evidence)
    if trouble == "flat":
        return _livelier(evidence)
    if trouble == "memorising":
        return _less_by_heart(evidence, since)
    if trouble == "worse":
        return _gentler(evidence)
    return _longer(evidence) if trouble == "unfinished" else _further(evidence)


def _steadier(evidence: Evidence) -> Remedy:
    if odd := _oddest(evidence, "broken"):
        return odd
    rate = evidence.config.training.learning_rate if evidence.config else SAFE_LEARNING_RATE
    lower = float(f"{min(rate / 3, SAFE_LEARNING_RATE):.2g}")
    return Remedy(
        cause=N_("Updates that large throw the weights about: most often the learning rate is too "
                 "high for this model and text."),
        advice=Sentence("Try a learning rate of {lower:g}.", lower=lower),
        change=Change(RATE, lower),
    )  # fmt: skip


def _livelier(evidence: Evidence) -> Remedy:
    if not _has_nothing_to_learn(evidence) and (odd := _oddest(evidence, "flat")):
        return odd
    return Remedy(
        cause=N_("It is likely the text: in letters drawn at random, or in a list of codes, "
                 "nothing says what comes next."),
        advice=N_("Compare what plain counting reaches on this text; where pairs of characters do "
                  "no better than single ones, take another text."),
        blames_text=True,
    )  # fmt: skip


def _has_nothing_to_learn(evidence: Evidence) -> bool:
    """Whether it is as good as counting tokens, of which no one is more frequent than the rest."""
    best, counts, kinds = evidence.best, evidence.frequency_loss, evidence.vocabulary_size
    if best is None or counts is None or not kinds or kinds < 2:
        return False
    even = (1 - EVEN) * math.log(kinds)
    return counts > even and best[1] < (1 + EVEN) * counts


def _less_by_heart(evidence: Evidence, since: int | None) -> Remedy:
    tokens, passes = evidence.training_tokens, evidence.passes
    if (early := early_gap(evidence)) or (passes is not None and passes < MANY_PASSES):
        return _unlike(evidence, early)
    if tokens is not None and passes is not None:
        cause = Sentence(
            "Its text is small: it has read the {tokens:,} tokens of it {passes:,.0f} times, and "
            "has {parameters:,} numbers to remember them by.",
            tokens=tokens, passes=passes, parameters=evidence.parameters or 0,
        )  # fmt: skip
    else:
        cause = Sentence("It has more numbers to remember by than its text has to say.")
    advice, change = _earlier_end(evidence, since)
    return Remedy(cause=cause, advice=advice, change=change, blames_text=True)


def _unlike(evidence: Evidence, since: int | None) -> Remedy:
    corpus = evidence.config.corpus if evidence.config else CorpusConfig()
    can_mix = not corpus.path and corpus.validation != MIXED
    if since is None:
        cause = N_("It has read its text too seldom to know it by heart: the validation part is "
                   "likely unlike the rest.")  # fmt: skip
    else:
        cause = Sentence(
            "It was so by step {step:,}, before it had read its text once, so it cannot know it by "
            "heart: the validation part is likely unlike the rest.",
            step=since,
        )
    return Remedy(
        cause=cause,
        advice=N_("Take a licence, an index or another language out of the text, or judge the "
                  "model by paragraphs from everywhere."),
        change=Change("corpus.validation", MIXED) if can_mix else None,
        blames_text=True,
    )  # fmt: skip


def _earlier_end(evidence: Evidence, since: int | None) -> tuple[str, Change | None]:
    began = int(evidence.start[0])
    if since is not None and since > began:
        words = N_("A longer text helps most. With this one, end where it was best, at step "
                   "{step:,}, or use dropout or a smaller model.")  # fmt: skip
        return Sentence(words, step=since), Change("training.steps", since)
    dropout = getattr(evidence.config and evidence.config.model, "dropout", None)
    if dropout is not None and dropout < DROPOUT:
        words = N_("A longer text helps most. With this one, try a dropout of {dropout:g}, or a "
                   "smaller model.")  # fmt: skip
        return Sentence(words, dropout=DROPOUT), Change("model.dropout", DROPOUT)
    return N_("A longer text helps most. With this one, use a smaller model."), None


def _gentler(evidence: Evidence) -> Remedy:
    training = evidence.training
    if training and training[-1][1] < (1 - FELL_ON) * training[0][1]:
        return Remedy(
            cause=N_("Its training loss went on falling meanwhile: it begins to know its text by "
                     "heart."),
            advice=N_("Keep the weights that it began with. To go on from them it takes a longer "
                      "text."),
            blames_text=True,
        )  # fmt: skip
    if evidence.config is None:
        return Remedy(advice=N_("Try a tenth of the learning rate."))
    rate = evidence.config.training.learning_rate
    lower = float(f"{rate / 10:.2g}")
    return Remedy(
        cause=Sentence(
            "Its learning rate begins anew at {rate:g}: steps that large take weights that were "
            "good already far away, and few steps do not bring them back.",
            rate=rate,
        ),
        advice=Sentence("Go on from the same weights with a tenth of it, {lower:g}.", lower=lower),
        change=Change(RATE, lower),
    )


def _longer(evidence: Evidence) -> Remedy:
    steps = 2 * int(evidence.last[0])
    return Remedy(
        advice=Sentence("More steps will likely make it better: try {steps:,}.", steps=steps),
        change=Change("training.steps", steps),
    )


def _further(evidence: Evidence) -> Remedy:
    # A curve is level also where the steps were too small, and where their schedule ran out.
    if evidence.parent_best is None and (odd := _oddest(evidence, "done")):
        return odd
    return Remedy(
        advice=N_("What may take it further: more steps, a longer text, or a model that is wider, "
                  "deeper or sees more at once.")
    )  # fmt: skip


def _oddest(evidence: Evidence, trouble: str) -> Remedy | None:
    """The remedy that takes the preset's value of the setting that differs most from it."""
    config = evidence.config
    if config is None:
        return None
    presets = {path: _compared_with(config, path) for path in HARMFUL[trouble]}
    far = {
        path: abs(found)
        for path, direction in HARMFUL[trouble].items()
        if (found := _difference(config, presets[path].config, path)) * direction > 0
        or (direction == EITHER and found)
    }
    path = max(far, key=far.__getitem__, default=None)
    if path is None or far[path] < LEAST_DISTANCE:
        return None
    theirs = _in_words(_settings(presets[path].config)[path])
    setting = path.partition(".")[2].replace("_", " ")
    return Remedy(
        cause=_comparison(config, presets[path], path, setting),
        advice=Sentence(
            "Start it again with the preset's value, {setting} {theirs}.",
            setting=setting, theirs=theirs,
        ),
        change=Change(path, _settings(presets[path].config)[path]),
    )  # fmt: skip


def _compared_with(config: RunConfig, path: str) -> Preset:
    """The nearest preset; for a learning rate the nearest of those with the same optimizer.

    A rate of Muon's is some ten times one of AdamW's, and says nothing of it.
    """
    nearest = PRESETS[nearest_preset(config)]
    optimizer = config.training.optimizer
    if path != RATE or nearest.config.training.optimizer == optimizer:
        return nearest
    alike = (one for one in PRESETS.values() if one.config.training.optimizer == optimizer)
    return min(alike, key=lambda one: len(differences(one.config, config)), default=nearest)


def _comparison(config: RunConfig, preset: Preset, path: str, setting: str) -> str:
    mine, theirs = _settings(config)[path], _settings(preset.config)[path]
    values = {
        "setting": setting, "mine": _in_words(mine), "theirs": _in_words(theirs),
        "preset": Sentence(preset.title),
    }  # fmt: skip
    if isinstance(mine, str) or isinstance(theirs, str) or not mine or not theirs:
        template = N_(
            "Its setting “{setting}” is {mine}; the preset “{preset}”, to which its settings are "
            "nearest, has {theirs}."
        )
        return Sentence(template, **values)
    ratio = mine / theirs
    return Sentence(_comparing(path, ratio >= 1), **values, ratio=_rounded(max(ratio, 1 / ratio)))


def _comparing(path: str, is_more: bool) -> str:
    if path == RATE and is_more:
        return N_("Its setting “{setting}” is {mine}: {ratio} times the {theirs} of the preset "
                  "“{preset}”, the nearest one with its optimizer.")  # fmt: skip
    if path == RATE:
        return N_("Its setting “{setting}” is {mine}: {ratio} times less than the {theirs} of the "
                  "preset “{preset}”, the nearest one with its optimizer.")  # fmt: skip
    if is_more:
        return N_("Its setting “{setting}” is {mine}: {ratio} times the {theirs} of the preset "
                  "“{preset}”, to which its settings are nearest.")  # fmt: skip
    return N_("Its setting “{setting}” is {mine}: {ratio} times less than the {theirs} of the "
              "preset “{preset}”, to which its settings are nearest.")  # fmt: skip


def _difference(config: RunConfig, preset: RunConfig, path: str) -> float:
    """How far a setting is from the preset's, positive where it is more; 0 where one lacks it."""
    mine, theirs = _settings(config), _settings(preset)
    return _distance(mine[path], theirs[path]) if path in mine and path in theirs else 0.0


def _distance(mine: Value, theirs: Value) -> float:
    """Positive where `mine` is more."""
    if isinstance(mine, str) or isinstance(theirs, str):
        return OTHER_CHOICE if mine != theirs else 0.0
    if mine == theirs:
        return 0.0
    if not mine or not theirs:
        return math.copysign(OTHER_CHOICE, mine - theirs)
    return math.log(mine / theirs)


def _settings(config: RunConfig) -> Mapping[str, Value]:
    return flatten_settings(config.to_dict())


def _in_words(value: Value) -> str:
    return (
        value
        if isinstance(value, str)
        else numeral(value, ",")
        if isinstance(value, int)
        else numeral(value, "g")
    )


def _rounded(ratio: float) -> str:
    return numeral(float(f"{ratio:.2g}"), ",.0f") if ratio >= 10 else numeral(ratio, ".2g")
