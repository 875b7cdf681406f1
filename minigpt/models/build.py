"""From a configuration to a model: the class that LADDER names is loaded and built."""

import pkgutil
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from minigpt.models import LADDER, rung_of
from minigpt.models.configs import ModelConfig
from minigpt.models.language_model import LanguageModel

DRAWS = frozenset({"normal_", "uniform_", "kaiming_uniform_"})
"""What fills weights with random numbers."""


def build_model(config: ModelConfig, *, vocabulary_size: int) -> LanguageModel:
    """A freshly initialised model; its weights follow from torch's global random state."""
    model_class = pkgutil.resolve_name(LADDER[rung_of(config)].model)
    model: LanguageModel = model_class(config, vocabulary_size=vocabulary_size)
    return model


def build_unfilled(config: ModelConfig, *, vocabulary_size: int) -> LanguageModel:
    """A model for stored weights: none are drawn, and until then it holds whatever was in memory.

    Of a large model drawing takes a third of the time of opening it, and as much memory as the
    weights themselves, which is not touched before they are there.
    """
    with _NothingDrawn():
        return build_model(config, vocabulary_size=vocabulary_size)


class _NothingDrawn(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        given, name = kwargs or {}, getattr(func, "__name__", "")
        if name in DRAWS:
            return args[0] if args else given["tensor"]
        return (torch.empty if name == "randn" else func)(*args, **given)
