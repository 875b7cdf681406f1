"""What a form of the Train page stands on, and which part of the address is its."""

from dataclasses import dataclass, field

from minigpt.runs.config import SECTIONS, RunConfig, StartConfig
from minigpt.runs.directory import RunDirectory
from ui.session import form_state, url

PAGE = "train"
GROUND = frozenset({url.PRESET, url.LIKE, url.FROM, url.AT, url.KIND})
OURS = GROUND | {url.CORPUS, url.NAME}


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """A preset, another run's settings, or another run's weights."""

    key: str
    """Forms on different ground are different forms."""
    title: str
    """What a run that changes nothing would be called."""
    base: RunConfig
    """What an untouched form means."""
    preset: str | None = None
    source: RunDirectory | None = None
    """The run whose weights are taken; None for random ones."""
    start: StartConfig = field(default_factory=StartConfig)
    """Which of its weights, and what for."""
    validation_loss: float | None = None
    """How good those weights are, in nats per token."""

    @property
    def keeps_text(self) -> bool:
        """Whether the text cannot be chosen, because a fork goes on reading the same one."""
        return self.start.kind == "fork"


def is_setting(name: str) -> bool:
    """Whether a name in the address is a field of the form, such as "training.steps"."""
    section, _, setting = name.partition(".")
    return name == "seed" or (section in SECTIONS and setting.isidentifier())


def is_ours(name: str) -> bool:
    """Whether a name in the address is a choice of the Train page."""
    return name in OURS or is_setting(name)


def describes_form(name: str) -> bool:
    """Whether an address with this in it describes a whole form, and not one choice."""
    return name in GROUND or is_setting(name)


def stand_on(**ground: str) -> None:
    """Begin another form, on this ground. Only the text and the name stay as they are."""
    form_state.keep({**form_state.forget(describes_form), **ground})
