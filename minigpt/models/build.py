"""From a configuration to a model: the class that LADDER names is loaded and built."""

import pkgutil

from minigpt.models import LADDER, rung_of
from minigpt.models.configs import ModelConfig
from minigpt.models.language_model import LanguageModel


def build_model(config: ModelConfig, *, vocabulary_size: int) -> LanguageModel:
    """A freshly initialised model; its weights follow from torch's global random state."""
    model_class = pkgutil.resolve_name(LADDER[rung_of(config)].model)
    model: LanguageModel = model_class(config, vocabulary_size=vocabulary_size)
    return model
