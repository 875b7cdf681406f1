"""Shannon's game: guess the next letter of a text that the demo model never learnt from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Integer

from minigpt.lessons.playing import rivals
from minigpt.lessons.playing.guesses import (
    GameProgress,
    ValueWithError,
    at_least,
    at_most,
    jackknife_bound,
    replay_guesses,
)
from minigpt.lessons.playing.held_out import LETTERS, PASSAGES
from minigpt.lessons.playing.rivals import Game, Rival
from minigpt.sentences import N_
from minigpt.tokenizers import Tokenizer
from ui.charts.figures import Figure, NumberTable, Text, Tokens, Value
from ui.i18n import _, ngettext, numeral
from ui.screens.learn.lesson import Guess, Lesson, NextLetters, Scene, Slider, Step, Way
from ui.screens.learn.lessons.playing.shannon_bits import (
    BITS,
    COUNTING,
    LEARNT,
    LUCK,
    RUN,
    demo_steps,
)
from ui.screens.learn.sharing import shared_numbers
from ui.services import runs
from ui.services.models import trained_model
from ui.wording import count


def _compute(scene: Scene) -> Game:
    opened = {step: trained_model(RUN, step) for step in demo_steps()}
    tokenizer = opened[demo_steps()[-1]].tokenizer
    models = {step: one.model for step, one in opened.items()}
    return rivals.play_passage(int(scene["passage"]), models, tokenizer, _training(tokenizer))


def _training(tokenizer: Tokenizer) -> Integer[np.ndarray, " training"] | None:
    """What the model learnt from, where it is here: a lesson waits for no download."""
    read = runs.store().open(RUN).config().corpus
    if not any(one.name == read.name and one.is_ready() for one in runs.texts()):
        return None
    corpus = runs.corpus(read.name)
    if corpus.sha256 != read.sha256:
        return None  # another text of that name
    numbers: Integer[np.ndarray, " training"] = shared_numbers(
        "shannon/training", (("text", read.sha256),),
        lambda: np.array(tokenizer.encode(corpus.training_text)),
    )  # fmt: skip
    return numbers


def _code(scene: Scene) -> str:
    return rivals.GAME.filled(
        run=RUN, step=demo_steps()[-1], passage=int(scene["passage"]), letters=LETTERS
    )


def _played(seen: Game, guess: Guess) -> GameProgress:
    return replay_guesses(seen.letters, str(guess or ""), seen.symbols)


@dataclass(frozen=True)
class _Player:
    """Somebody, on the letters that you have guessed; on all where you have guessed none."""

    name: str
    ranks: Sequence[int]
    bits: float | None

    @property
    def bounds(self) -> tuple[ValueWithError, ValueWithError]:
        """Shannon's."""
        return jackknife_bound(self.ranks, at_least), jackknife_bound(self.ranks, at_most)

    def row(self) -> list[Value]:
        """The player's line of the table."""
        return [self.ranks.count(1), sum(self.ranks) / len(self.ranks), self.bits]

    def between(self) -> list[Value]:
        """What the player's guesses say of a letter's bits."""
        return [_with_error(one) for one in self.bounds]


def _with_error(number: ValueWithError) -> str:
    return _("{value} ± {error}", value=numeral(number.value, ".1f"),
             error=numeral(number.error, ".1f"))  # fmt: skip


def _players(seen: Game, played: GameProgress) -> Iterator[_Player]:
    letters = len(played.ranks) or len(seen.letters)
    if played.ranks:
        yield _Player(_("you"), played.ranks, None)
    for length, one in seen.counts.items():
        name = ngettext("single characters, counted", "sequences of {count}, counted", length)
        yield _rival(name, one, letters)
    for step, one in seen.steps.items():
        yield _rival(_("the model at step {step}", step=count(step)), one, letters)


def _rival(name: str, one: Rival, letters: int) -> _Player:
    return _Player(name, one.ranks[:letters], sum(one.bits[:letters]) / letters)


def _after(seen: Game, guess: Guess) -> list[Figure]:
    played = _played(seen, guess)
    letters = seen.text[: len(played.ranks) or None]
    players = list(_players(seen, played))
    # With twenty letters the bounds of a bad guesser are of no use: the upper one ends at log 20.
    pair = [*(players[:1] if played.ranks else []), players[-1]]
    mine = [Tokens(title=_("Your number of guesses for each letter"), tokens=letters,
                   below=played.ranks)] if played.ranks else []  # fmt: skip
    return [
        Text(title=_("The text before"), text=seen.before),
        *mine,
        Tokens(
            title=_("How many the model would have needed, guessing in the order of its odds"),
            tokens=letters,
            below=seen.ranks[: len(letters)],
        ),
        NumberTable(
            title=_("Bits a letter by the numbers of guesses alone, with one standard error"),
            rows=[one.name for one in pair],
            columns=[_("at least"), _("at most")],
            values=[one.between() for one in pair],
        ),
        NumberTable(
            title=_("Everybody on these {letters} letters", letters=len(letters)),
            rows=[one.name for one in players],
            columns=[_("at the first guess"), _("guesses a letter"), _("bits by its odds")],
            values=[one.row() for one in players],
            marked={(0, column) for column in range(2)} if played.ranks else (),
        ),
    ]  # fmt: skip


def _told(seen: Game, moves: str) -> str:
    played = replay_guesses(seen.letters, moves, seen.symbols)
    you, *_others, model = _players(seen, played)
    low, high = you.bounds
    return _(
        "Of {letters} letters you found {first} at the first guess, the model {its}. Your guesses "
        "say that a letter has at least {low} and at most {high} bits for you; by its odds the "
        "model pays {bits}. The ± is one standard error: from so few letters it is wide.",
        letters=len(played.ranks), first=you.ranks.count(1), its=model.ranks.count(1),
        low=_with_error(low), high=_with_error(high), bits=numeral(model.bits or 0.0, ".1f"),
    )  # fmt: skip


def _result(seen: Game) -> str:
    return _(
        "Of {letters} letters the model would have found {first} at the first guess; by its odds "
        "it pays {bits} bits a letter.",
        letters=len(seen.letters), first=seen.ranks.count(1),
        bits=numeral(sum(seen.bits) / len(seen.bits), ".1f"),
    )  # fmt: skip


PLAY = Step(
    name="play",
    title=N_("You against the model"),
    words=N_(
        "Here is a piece of Shakespeare that the demo model never learnt from. You both read the "
        "same letters. Guess the next one until it is right, then the one after it. Capitals count "
        "as their small letters, and a line break as a space, for you and for the model."
    ),
    question=NextLetters(
        text=N_("Which letter comes next?"),
        before=lambda seen: seen.before,
        letters=lambda seen: seen.letters,
        shown=lambda seen: seen.text,
        symbols=lambda seen: seen.symbols,
        told=_told,
    ),
    compute=_compute,
    before=lambda seen: [],
    after=_after,
    truth=lambda seen: seen.letters,
    result=_result,
    because=N_(
        "You know words and what they mean; the model knows from many pages which letters follow "
        "which. At the beginning of a word both are unsure, and at its end both are sure. That is "
        "what a loss measures: how many guesses, or bits, a letter still costs whoever has read "
        "all before it."
    ),
    code=_code,
    names=rivals.GAME.names,
    knobs=(Slider(name="passage", label=N_("Passage"), low=1, high=PASSAGES, start=1),),
    way=Way(
        page="generate", label=N_("See what surprises the model in any text"),
        query={"run": RUN, "mode": "surprise"},
    ),
)  # fmt: skip

LESSON = Lesson(
    name="shannon",
    title=N_("Shannon's game"),
    goal=N_(
        "Afterwards you have guessed against the model, and can say what bits per character are, "
        "and how many letters it takes to tell a good guesser from a better one."
    ),
    steps=(PLAY, BITS, COUNTING, LEARNT, LUCK),
)
