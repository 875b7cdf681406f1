"""The configuration of a run: everything that is needed to reproduce it, in sections.

Text, tokenizer, records and start have their sections here; those of the model and of the training
stand beside what they configure.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from minigpt.configuration import build_section, coerce, nearest, parse_settings, require_between
from minigpt.corpora import UNKNOWN_CORPUS as UNKNOWN_CORPUS
from minigpt.corpora import Corpus, ValidationPart, load_corpus
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.models import rung_named, rung_of
from minigpt.models.configs import GPTConfig, ModelConfig
from minigpt.runs.synonyms import hint_for
from minigpt.sentences import Sentence
from minigpt.tokenizers import LOADABLE, TOKENIZERS, Tokenizer
from minigpt.training.config import ComputeConfig, TrainingConfig

LARGEST_VOCABULARY = 1_000_000
MOST_FRAMES, LONGEST_ATTENTION_TEXT = 200, 500
OF_A_FILE: tuple[ValidationPart, ...] = ("last", "first")
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
    validation: ValidationPart = "last"
    """The tenth that is kept from training, to judge by: the last, the first, the one in the
    middle, or paragraphs drawn from everywhere, of which equal ones stay together."""

    def __post_init__(self) -> None:
        if self.path and self.validation not in OF_A_FILE:
            raise ConfigurationError(
                "A large file is read from the disk as it lies there, so only its first or last "
                "tenth can be kept to judge by, not {validation!r}. Choose one of {parts}.",
                field="corpus.validation",
                validation=self.validation,
                parts=", ".join(OF_A_FILE),
            )

    def load(self) -> Corpus:
        """The text with its two parts; for one that is known by its name.

        Raises:
            CorpusError: no text has that name, or it cannot be read or fetched.
        """
        return load_corpus(self.name, validation=self.validation)

    def require_same(self, checksum: str, *, title: str) -> None:
        """Refuse a text that is not the one of this run. Any will do where none is recorded.

        Raises:
            CorpusError: its checksum is another one.
        """
        if self.sha256 not in ("", checksum):
            raise CorpusError(
                "The text {title!r} has changed since this run was created. Start a new run to "
                "train on what it is now.",
                field="corpus",
                title=title,
            )


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
                "There is no tokenizer called {kind!r}. Choose one of {tokenizers}.",
                field="tokenizer.kind",
                kind=self.kind,
                tokenizers=", ".join(TOKENIZERS),
            )
        if self.vocabulary_size is None:
            return
        if LOADABLE[self.kind].default_vocabulary_size is None:
            raise ConfigurationError(
                "The size of the vocabulary cannot be chosen for the tokenizer {kind!r}. Leave "
                "it out, or choose a tokenizer such as bpe.",
                field="tokenizer.vocabulary_size",
                kind=self.kind,
            )
        require_between("tokenizer.vocabulary_size", self.vocabulary_size, 2, LARGEST_VOCABULARY)

    def train(self, text: str) -> Tokenizer:
        """The tokenizer of this kind and size that such a text gives.

        Raises:
            TokenizerError: the text cannot be cut so, or gives no vocabulary of that size.
        """
        return LOADABLE[self.kind].train(text, vocabulary_size=self.vocabulary_size)


@dataclass(frozen=True, kw_only=True)
class LoggingConfig:
    """What a run writes down about itself."""

    checkpoints: int = 12
    """Saved weights to keep for looking back, dense at the start, sparse at the end."""
    sample_tokens: int = 200
    """Tokens of text generated at each evaluation; 0 means no samples."""
    head_shares: bool = False
    """Also measure at each evaluation where every head looks: at the token before, and at
    what came after an earlier copy of its token."""
    attention_frames: int = 60
    """Steps at which it is kept what every head looks at in one text, for a film of the training;
    dense at the start, sparse at the end. 0 means none are kept."""
    attention_text: str = ""
    """The text of that film, at most 64 tokens of it. Left empty, it is the first lines of the
    part of the text that the model is judged by."""
    tensorboard: bool = False
    """Also write event files for TensorBoard, which has to be installed."""

    def __post_init__(self) -> None:
        require_between("logging.checkpoints", self.checkpoints, 2, 200)
        require_between("logging.sample_tokens", self.sample_tokens, 0, 2000)
        require_between("logging.attention_frames", self.attention_frames, 0, MOST_FRAMES)
        if len(self.attention_text) > LONGEST_ATTENTION_TEXT:
            raise ConfigurationError(
                "The text of the film has {length:,} characters. Give one of at most {most}; 64 "
                "tokens of it are kept.",
                field="logging.attention_text",
                length=len(self.attention_text),
                most=LONGEST_ATTENTION_TEXT,
            )


@dataclass(frozen=True, kw_only=True)
class StartConfig:
    """Where the weights begin: at random, or as another run left them."""

    kind: StartKind = "fresh"
    """Fresh: random weights. A fork goes on from a saved step; fine-tuning counts from 0 again."""
    run: str = ""
    """The run whose weights and tokenizer it begins with; empty for a fresh start."""
    step: int | None = None
    """The saved step of that run; none means its best."""

    def __post_init__(self) -> None:
        if (self.kind == "fresh") != (not self.run):
            raise ConfigurationError(
                "A start of kind {kind!r} with {run} does not fit. Give kind and run together, "
                "or neither.",
                field="start.run",
                kind=self.kind,
                run=self.run or Sentence("no run"),
            )


VERSION = 1
LARGEST_SEED = 2**53 - 1  # beyond it a browser cannot tell whole numbers apart


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Text, tokenizer, model, training and seed: equal configs on one machine give equal runs."""

    corpus: CorpusConfig = field(default_factory=CorpusConfig)
    tokenizer: TokenizerConfig = field(default_factory=TokenizerConfig)
    model: ModelConfig = field(default_factory=GPTConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    compute: ComputeConfig = field(default_factory=ComputeConfig)
    logging: LoggingConfig = field(default_factory=LoggingConfig)
    start: StartConfig = field(default_factory=StartConfig)
    seed: int = 1337

    def __post_init__(self) -> None:
        require_between("seed", self.seed, 0, LARGEST_SEED)

    @property
    def rung(self) -> str:
        """The model's key in the ladder."""
        return rung_of(self.model)

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether its model was trained by another program, on a text that nobody knows here."""
        return self.corpus.name == UNKNOWN_CORPUS

    def to_dict(self) -> dict[str, Any]:
        """As JSON values; `from_dict` turns them back."""
        values: dict[str, Any] = {"version": VERSION, **dataclasses.asdict(self)}
        values["model"] = {"rung": self.rung, **values["model"]}
        return values

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "RunConfig":
        """Rebuild a configuration; what is left out has its default.

        Raises:
            ConfigurationError: a section or setting is unknown, of a wrong type or out of range.
        """
        sections = dict(values)
        if (version := sections.pop("version", VERSION)) != VERSION:
            raise ConfigurationError(
                "This configuration has version {version!r}; this MiniGPT reads version "
                "{ours}. Open it with the MiniGPT that wrote it.",
                version=version,
                ours=VERSION,
            )
        return cls(**{name: _build(name, section) for name, section in sections.items()})

    def changed(self, assignments: dict[str, Any]) -> "RunConfig":
        """A copy with settings replaced, each named by its path such as "training.steps".

        Choosing another rung starts from that rung's own defaults.

        Raises:
            ConfigurationError: a path is unknown or a value does not fit.
        """
        base = self._on_rung(assignments.get("model.rung", self.rung))
        parts: dict[str, Any] = {}
        for path, value in assignments.items():
            section, _, name = path.partition(".")
            is_known = section in SECTIONS and name in vars(getattr(base, section))
            if (hint := hint_for(path)) and not is_known:
                raise ConfigurationError(
                    "{path!r} is not a setting. {hint}", field=path, path=path, hint=hint
                )
            if path == "seed":
                parts["seed"] = _build("seed", value)
            elif name and section in SECTIONS:
                parts.setdefault(section, {})[name] = value
            else:
                raise _not_a_setting(path, base.to_dict())
        parts.get("model", {}).pop("rung", None)
        for section in parts.keys() - {"seed"}:
            old = getattr(base, section)
            parts[section] = dataclasses.replace(
                old, **parse_settings(type(old), parts[section], section)
            )
        return dataclasses.replace(base, **parts)

    def _on_rung(self, name: object) -> "RunConfig":
        rung = rung_named(coerce(name, str, "model.rung"))
        if type(self.model) is rung.config:
            return self
        return dataclasses.replace(self, model=rung.config())


def _build_model(values: object, section: str) -> ModelConfig:
    shape = dict(values) if isinstance(values, Mapping) else values
    name = shape.pop("rung", "gpt") if isinstance(shape, dict) else "gpt"
    rung = rung_named(coerce(name, str, f"{section}.rung"))
    return build_section(rung.config, shape, section)


def flatten_settings(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by their paths, such as "training.steps", in the same order.

    >>> flatten_settings({"seed": 1, "training": {"steps": 500}})
    {'seed': 1, 'training.steps': 500}
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        flat |= flatten_settings(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return flat


SECTIONS: dict[str, Callable[[object, str], Any]] = {
    "corpus": partial(build_section, CorpusConfig),
    "tokenizer": partial(build_section, TokenizerConfig),
    "model": _build_model,
    "training": partial(build_section, TrainingConfig),
    "compute": partial(build_section, ComputeConfig),
    "logging": partial(build_section, LoggingConfig),
    "start": partial(build_section, StartConfig),
}


def _build(name: str, values: object) -> Any:
    if name == "seed":
        return coerce(values, int, "seed")
    if name not in SECTIONS:
        known = ", ".join([*SECTIONS, "seed"])
        raise ConfigurationError(
            "There is no section called {name!r}. The sections are {known}.",
            field=name,
            name=name,
            known=known,
        )
    return SECTIONS[name](values, name)


def _not_a_setting(path: str, values: dict[str, Any]) -> ConfigurationError:
    known = [f"{section}.{name}" for section in SECTIONS for name in values[section]] + ["seed"]
    same_name = [name for name in known if name.endswith(f".{path}")]
    near = same_name[0] if same_name else nearest(path, known)
    if near:
        return ConfigurationError(
            "{path!r} is not a setting. Did you mean {near}? Write it as section.field=value, for "
            "example training.steps=500.",
            field=path,
            path=path,
            near=near,
        )
    return ConfigurationError(
        "{path!r} is not a setting. Write it as section.field=value, for example "
        "training.steps=500.",
        field=path,
        path=path,
    )
