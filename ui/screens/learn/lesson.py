"""What a lesson consists of: steps, each with a question that is asked before it is answered.

A step's figures can only be drawn from what the core computed for it, and its truth can only be
read from there. So nothing that a lesson shows is typed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minigpt.runs.config import RunConfig
from ui.charts.figures import Figure

Guess = float | str | None
"""What somebody expects: a number, an option, the place of a token, or the letters that were tried;
None where it was skipped."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Guess a number on a line."""

    text: str
    low: float
    high: float
    step: float = 1.0
    unit: str = ""

    @property
    def digits(self) -> int:
        """Decimals that a guess has."""
        return len(f"{self.step:g}".partition(".")[2])


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Guess one of a few possibilities."""

    text: str
    options: Mapping[str, str]
    """What each is called, by a name that stays."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Mark one of the tokens that stand there; a guess is its place, counted from 0."""

    text: str
    tokens: Callable[[Any], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class NextLetters:
    """Guess letter after letter until it is right; a guess is all that was tried, in its order.

    What can be moved at such a step says which letters, so it is moved before the game.
    """

    text: str
    before: Callable[[Any], str]
    """What can be read."""
    letters: Callable[[Any], str]
    """What is to be guessed, each as it is typed."""
    shown: Callable[[Any], str]
    """The same as it stands in the text."""
    symbols: Callable[[Any], Sequence[str]]
    """What can be typed."""
    told: Callable[[Any, str], str]
    """What was to be observed, given what was tried."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """Put a few possibilities in an order; a guess is their names, the first in front."""

    text: str
    options: Mapping[str, str]
    """What each is called, by a name that stays."""
    first: str
    """What the first place means, in a few words."""

    def places(self, guess: Guess) -> list[str]:
        """The names of a guess, in its order; those that it lacks or doubles are left out."""
        named = str(guess or "").split(JOINT)
        return [one for one in dict.fromkeys(named) if one in self.options]


JOINT = ">"
"""Between the names of an order."""
Question = Amount | Choice | Place | NextLetters | Order


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A number that can be moved."""

    name: str
    label: str
    low: float
    high: float
    start: float
    step: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Stops:
    """Labelled stops that can be moved between."""

    name: str
    label: str
    options: Mapping[str, str]
    start: str


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A line that can be typed."""

    name: str
    label: str
    start: str
    longest: int = 60
    is_long: bool = False
    """Whether it is a text of several lines, which then begins in the visitor's language."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """One of the texts that are here; begins with the one that a first run would read."""

    name: str = "corpus"
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """One of the steps of a training whose weights were kept; begins at the last of them."""

    name: str
    label: str
    steps: Callable[[], Sequence[int]]
    """Which there are is known only once the run is looked at; in a scene they are words."""


Knob = Slider | Stops | Typed | Texts | Moments
Scene = Mapping[str, Any]
"""What the knobs of a step stand at, by their names."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where in the app one does it for real."""

    page: str
    label: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Trainings:
    """Runs that have to end before a step can show what came out; started through the queue."""

    configs: Callable[[Scene], Mapping[str, RunConfig]]
    """What is trained, by names that stay."""
    names: Mapping[str, str]
    """What each is called."""
    is_done: Callable[[Any], bool]
    """Whether what was computed tells what came out."""
    so_far: Callable[[Any, Guess], Sequence[Figure]]
    """What is known by now, with the guess beside it."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One question, and what computes its answer."""

    name: str
    """In the address."""
    title: str
    words: str
    """What one has to know before guessing."""
    question: Question
    compute: Callable[[Scene], Any]
    """All numbers of this step, from the core."""
    before: Callable[[Any], Sequence[Figure]]
    """What can be seen before the guess; it gives nothing away."""
    after: Callable[[Any, Guess], Sequence[Figure]]
    """What came out; where that helps, with the guess drawn into it."""
    truth: Callable[[Any], float | str]
    """What the question's answer is."""
    result: Callable[[Any], str]
    """What was to be observed, in one sentence or two."""
    because: str
    """Why it came out so."""
    code: Callable[[Scene], str]
    """The lines of a notebook that compute the same."""
    names: tuple[str, ...]
    """What of these lines must equal what was computed."""
    knobs: tuple[Knob, ...] = ()
    way: Way | None = None
    formula: str = ""
    """In TeX; of its words, those in `FORMULA_WORDS` are said in the visitor's language."""
    waiting: str = ""
    """What is said while it is computed, where that takes seconds."""
    trainings: Trainings | None = None
    """What is trained for it, where the answer takes more than a moment."""

    def is_done(self, numbers: Any) -> bool:
        """Whether it can be said what came out."""
        return self.trainings is None or self.trainings.is_done(numbers)

    def is_right(self, numbers: Any, guess: Guess) -> bool | None:
        """Whether it came out as guessed; None where nothing was, or that can't be said."""
        truth, question = self.truth(numbers), self.question
        if guess is None or isinstance(question, NextLetters):
            return None
        if isinstance(question, Amount | Place):
            digits = question.digits if isinstance(question, Amount) else 0
            return round(float(guess), digits) == round(float(truth), digits)
        return str(guess) == str(truth)

    def told(self, numbers: Any, guess: Guess) -> str:
        """What was to be observed, by who guessed this."""
        if isinstance(self.question, NextLetters) and guess is not None:
            return self.question.told(numbers, str(guess))
        return self.result(numbers)


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A few steps that lead to something one can do afterwards."""

    name: str
    """In the address."""
    title: str
    goal: str
    """What one can do afterwards."""
    steps: tuple[Step, ...]

    def step(self, name: str | None) -> Step:
        """The step of that name, else the first."""
        return next((step for step in self.steps if step.name == name), self.steps[0])
