"""The errors this package raises on purpose.

Each message says what happened, why, and what to do, in words for the person at the screen.
It is given as a template and the values that fill it, so that it can be said in the language of
whoever reads it: `CorpusError("There is no file {path}. Check its spelling.", path=path)`.
"""

from minigpt.sentences import Sentence


class MiniGPTError(Exception):
    """Base of every expected failure; `field` names the setting it belongs to, if any.

    `field` is a dotted path such as "training.steps", the same one that `--set` takes,
    so that a form can show the message beside the right widget. `message` is the sentence in
    English, which remembers its template and values; a whole `Sentence` may be given instead.
    """

    def __init__(self, template: str, /, *, field: str | None = None, **values: object) -> None:
        self.message = Sentence(template, **values)
        super().__init__(self.message)
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
