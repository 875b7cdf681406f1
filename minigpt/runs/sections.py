"""The small sections of a run's configuration: its text, tokenizer, start and records."""

from dataclasses import dataclass
from typing import Literal

from minigpt.errors import ConfigurationError
from minigpt.tokenizers import LOADABLE, TOKENIZERS
from minigpt.validation import require_between

LARGEST_VOCABULARY = 1_000_000
StartKind = Literal["fresh", "fork", "fine_tune"]


@dataclass(frozen=True, kw_only=True)
class CorpusConfig:
    """Which text, and proof that it is still the same one."""

    name: str = "tiny-shakespeare"
    """Its key among the texts that MiniGPT knows; of a large file, only what to call it."""
    path: str = ""
    """Where a large file lies, which is read piece by piece; empty for a text that is known."""
    sha256: str = ""
    """Checksum of the text; filled in when the run is created."""


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig:
    """How the text is cut into tokens."""

    kind: str = "character"
    """Its key among the tokenizers."""
    vocabulary_size: int | None = None
    """The most tokens it may have, where that can be chosen; none means its own default."""

    def __post_init__(self) -> None:
        # An imported one cannot be chosen, but a run that was imported has it.
        if self.kind not in LOADABLE:
            raise ConfigurationError(
                f"There is no tokenizer called {self.kind!r}. "
                f"Choose one of {', '.join(TOKENIZERS)}.",
                field="tokenizer.kind",
            )
        if self.vocabulary_size is None:
            return
        if LOADABLE[self.kind].default_vocabulary_size is None:
            raise ConfigurationError(
                f"The size of the vocabulary cannot be chosen for the tokenizer {self.kind!r}. "
                "Leave it out, or choose a tokenizer such as bpe.",
                field="tokenizer.vocabulary_size",
            )
        require_between("tokenizer.vocabulary_size", self.vocabulary_size, 2, LARGEST_VOCABULARY)


@dataclass(frozen=True, kw_only=True)
class LoggingConfig:
    """What a run writes down about itself."""

    checkpoints: int = 12
    """Moments of training to keep for looking back, dense at the start, sparse at the end."""
    sample_tokens: int = 200
    """Tokens of text generated at each evaluation; 0 means no samples."""
    tensorboard: bool = False
    """Also write event files for TensorBoard, which has to be installed."""

    def __post_init__(self) -> None:
        require_between("logging.checkpoints", self.checkpoints, 2, 200)
        require_between("logging.sample_tokens", self.sample_tokens, 0, 2000)


@dataclass(frozen=True, kw_only=True)
class StartConfig:
    """Where the weights begin: at random, or as another run left them."""

    kind: StartKind = "fresh"
    """Fresh is at random. A fork goes on from a saved step; fine-tuning counts from zero again."""
    run: str = ""
    """The run whose weights and tokenizer it begins with; empty for a fresh start."""
    step: int | None = None
    """The saved step of that run; none means its best."""

    def __post_init__(self) -> None:
        if (self.kind == "fresh") != (not self.run):
            raise ConfigurationError(
                f"A start of kind {self.kind!r} with {self.run or 'no run'} does not fit. "
                "Give kind and run together, or neither.",
                field="start.run",
            )
