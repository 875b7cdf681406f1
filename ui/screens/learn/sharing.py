"""What the lessons compute, shared by all who look at the same step with the same settings."""

from collections.abc import Callable
from typing import Any

import streamlit as st
import torch

STEPS_IN_MEMORY = 256
SECONDS = 3600.0


Settings = tuple[tuple[str, Any], ...]
"""What the knobs of a step stand at, by name."""


def shared_numbers(place: str, scene: Settings, compute: Callable[[], Any]) -> Any:
    """The numbers of a step; computed once for a class, and never changed.

    Args:
        place: Which lesson and step.
        scene: What its knobs stand at.
        compute: Gives the numbers.
    """
    return _numbers(place, scene, compute)


@st.cache_resource(max_entries=STEPS_IN_MEMORY, ttl=SECONDS, show_spinner=False)
def _numbers(place: str, scene: Settings, _compute: Callable[[], Any]) -> Any:
    # Small models are fastest on one thread, and viewers leave the other cores alone.
    torch.set_num_threads(1)
    return _compute()
