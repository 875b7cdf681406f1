"""The errors this package raises on purpose.

Each message says what happened, why, and what to do, in words for the person at the screen.
"""


class MiniGPTError(Exception):
    """Base of every expected failure; `field` names the setting it belongs to, if any.

    `field` is a dotted path such as "training.steps", the same one that `--set` takes,
    so that a form can show the message beside the right widget.
    """

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class ConfigurationError(MiniGPTError):
    """A setting has a value that cannot work."""


class CorpusError(MiniGPTError):
    """A text cannot be read, fetched or learnt from."""


class TokenizerError(MiniGPTError):
    """A text cannot be turned into tokens, or tokens into text."""


class CheckpointError(MiniGPTError):
    """Weights are missing, damaged or belong to another model."""


class RunError(MiniGPTError):
    """A run cannot be found, read, started or changed."""


class TrainingError(MiniGPTError):
    """Training cannot go on; what was saved before stays good."""


class DiskFullError(MiniGPTError):
    """There is no room left to write to; a run that meets it is paused, never failed."""
