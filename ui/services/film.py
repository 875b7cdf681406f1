"""The films of runs, shared by whoever watches one: each line of a file is read once."""

import base64
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.json_lines import LinesTail
from minigpt.runs.analysis.head_report import punctuation
from minigpt.runs.attention.film import Film, film_of
from minigpt.runs.attention.film_scores import Scores, film_scores, join_scores
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import FrameRow
from minigpt.runs.records.rows import LIMITS
from minigpt.tokenizers import Tokenizer
from ui.services.runs import FRESH_SECONDS, once_more, store

FILMS_IN_MEMORY = 8


@dataclass(frozen=True, kw_only=True)
class SharedFilm:
    """A film as far as it goes, and what follows from it. Never changed."""

    film: Film
    text: str
    tokenizer: Tokenizer
    scores: Scores
    """Of every frame."""
    packed: tuple[str, ...]
    """Each frame's cells as the browser is sent them."""

    def is_of(self, text: str) -> bool:
        """Whether this is the text of the film."""
        known = self.tokenizer.known_form(text)
        return tuple(self.tokenizer.encode_known(known)) == self.film.ids


class FilmReader:
    """One reader of one run's frames for all viewers; what was read stays read."""

    def __init__(self, run: RunDirectory) -> None:
        self._run, self._lock = run, threading.Lock()
        self._tail = LinesTail(run.frames)
        self._rows: OrderedDict[int, FrameRow] = OrderedDict()
        self._shared: SharedFilm | None = None

    def read(self) -> SharedFilm | None:
        """The film by now; None while there is none that the run's model could have made."""
        with self._lock:
            if self._refresh():
                self._shared = self._build()
            return self._shared

    def _refresh(self) -> bool:
        is_new = False
        for piece in self._tail.pieces():
            if piece.is_restart:
                self._rows.clear()
            for line in piece.rows:
                if row := FrameRow.from_json(line):
                    self._rows.pop(row.step, None)
                    self._rows[row.step] = row
            self._forget_oldest()
            is_new = True
        return is_new

    def _forget_oldest(self) -> None:
        most, held = LIMITS["frames"], sum(len(row.cells) for row in self._rows.values())
        while self._rows and (len(self._rows) > most.rows or held > most.bytes):
            _step, row = self._rows.popitem(last=False)
            held -= len(row.cells)

    def _build(self) -> SharedFilm | None:
        try:
            tokenizer = self._shared.tokenizer if self._shared else self._run.tokenizer()
            model = self._run.config().model
        except MiniGPTError:
            return None
        # A stranger's file may hold frames of other models, with more heads than can be drawn.
        shape = (model.attention_layers, getattr(model, "num_heads", 1))
        film = film_of(row for row in self._rows.values() if (row.layers, row.heads) == shape)
        if film is None or max(film.ids) >= tokenizer.vocabulary_size:
            return None
        return SharedFilm(
            film=film,
            text=tokenizer.decode(film.ids),
            tokenizer=tokenizer,
            scores=self._scores(film, tokenizer),
            packed=tuple(base64.b64encode(cells).decode("ascii") for cells in film.cells),
        )

    def _scores(self, film: Film, tokenizer: Tokenizer) -> Scores:
        marks, known = punctuation(tokenizer), self._shared
        if known is None or not _goes_on(known.film, film):
            return film_scores(film, marks)
        if len(known.film.steps) == len(film.steps):
            return known.scores
        return join_scores(known.scores, film_scores(film.since(len(known.film.steps)), marks))


def _goes_on(before: Film, after: Film) -> bool:
    """Whether a film begins with all of an earlier one."""
    count = len(before.steps)
    same = before.ids == after.ids and before.steps == after.steps[:count]
    return same and before.cells == after.cells[:count]


def film(run_id: str) -> SharedFilm | None:
    """What is kept of every head of a run while it trains, at most a second old; None without.

    Raises:
        RunError: there is no such run.
    """
    return once_more(_film, str(store().open(run_id).path))


@st.cache_resource(ttl=FRESH_SECONDS, max_entries=FILMS_IN_MEMORY, show_spinner=False)
def _film(path: str) -> SharedFilm | None:
    return _reader(path).read()


@st.cache_resource(max_entries=FILMS_IN_MEMORY, show_spinner=False)
def _reader(path: str) -> FilmReader:
    return FilmReader(RunDirectory(Path(path)))
