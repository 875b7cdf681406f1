"""Twins of a run: what would it be without a passage, and what with other luck?

One twin has the same seed, and so the same beginning and the same batches, but every window that
touches the passage teaches nothing. The other reads all and differs by its seed alone: as much as
the two original runs differ by chance, so much of the first twin's difference may be chance, too
("counterfactual memorization", Zhang et al. 2021). Knows no torch.
"""

from dataclasses import dataclass

from minigpt.corpora import MAX_CHARACTERS
from minigpt.errors import ConfigurationError
from minigpt.runs.config import LARGEST_SEED, RunConfig

NOT_IN_THE_WAY = {"training.minutes": 0.0, "training.patience": 0}
"""Twins run to their last step, or the shorter one could not be compared."""


@dataclass(frozen=True)
class Twins:
    """The settings of both."""

    without: RunConfig
    """The same seed, without the passage."""
    other_seed: RunConfig
    """With the passage, and another seed."""


def require_twins(config: RunConfig) -> None:
    """Refuse a run that can have no twins, whatever the passage.

    Raises:
        ConfigurationError: its text is not known here or too large to be held, or the run began
            with another one's weights, which may have read the passage.
    """
    if config.is_from_elsewhere:
        raise ConfigurationError(
            "This model was made elsewhere, and nobody here knows which text it learnt from. So "
            "there is nothing that a twin of it could learn from. Take a model that was trained "
            "here.",
            field="corpus",
        )
    if config.corpus.path:
        raise ConfigurationError(
            "This run learnt from a large file, of which no passage can be kept unread. Take a "
            "run that learnt from a text of at most {most:,} characters.",
            field="corpus",
            most=MAX_CHARACTERS,
        )
    if config.start.kind != "fresh":
        raise ConfigurationError(
            "This run began with the weights of {run}, and so would its twins: whether those had "
            "read the passage cannot be undone. Take a run that began by itself.",
            field="start.run",
            run=config.start.run,
        )


def twins_of(config: RunConfig, passage: str) -> Twins:
    """The twins of a run.

    Raises:
        ConfigurationError: there is nothing to leave out, or the run can have no twins.
    """
    if not passage.strip():
        raise ConfigurationError(
            "A passage without a letter cannot be kept unread. Mark a sentence or a name.",
            field="training.never_read",
        )
    require_twins(config)
    full = config.changed(NOT_IN_THE_WAY)
    other = config.seed + 1 if config.seed < LARGEST_SEED else config.seed - 1
    return Twins(
        without=full.changed({"training.never_read": passage}),
        other_seed=full.changed({"seed": other}),
    )


def is_like(config: RunConfig, twin: RunConfig) -> bool:
    """Whether a run has the settings of a twin, apart from what may cut it short."""
    return config.changed(NOT_IN_THE_WAY) == twin
