"""A film as one page that plays by itself: no internet, no other file."""

import base64
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import ConfigurationError, RunError
from minigpt.files import write_atomically
from minigpt.runs.attention.film import Film, film_frame, film_of
from minigpt.runs.attention.look_file import as_script_data
from minigpt.runs.attention.page_words import ENGLISH_FILM, PageWords
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records.frames import FULL, LONGEST_PROBE, MOST_CELLS_BYTES, triangle
from minigpt.runs.records.rows import evaluations
from minigpt.runs.trained_model import open_model

PAGE, PAGE_DATA = "film_page.html", "FILM_DATA"
ENDINGS = (".html", ".htm")
MOST_POINTS = 500
LARGEST_FILM = 12_000_000
"""Bytes of cells; the page is a third larger."""
Curve = Sequence[tuple[float | int, float]]


def write_film(path: Path, run: RunDirectory, text: str | None = None) -> Film:
    """Write the film of a run; returns it.

    Args:
        path: Ends in .html.
        run: What was trained.
        text: What the heads shall look at. None, or the text that frames were kept of, plays those
            frames; any other one is looked at with the weights of every kept step.

    Raises:
        ConfigurationError: the ending is another one, or the text is none that can be filmed.
        TokenizerError: the text has something that the model never saw.
        RunError: there is no film, or the file cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise ConfigurationError(
            "{name!r} is no name for a film. Let it end in .html.", name=path.name
        )
    film = film_in(run, text)
    vocabulary = run.tokenizer().vocabulary
    curve = [
        (float(row.step), row.validation_loss)
        for row in evaluations(run.metrics)
        if row.validation_loss is not None
    ]
    page = film_page(film, [vocabulary[one] for one in film.ids], curve, run=run.name())
    try:
        write_atomically(path, lambda file: file.write(page))
    except OSError as error:
        raise RunError(
            "{path} cannot be written: {reason}. Choose a folder that exists and that you may "
            "write to.",
            path=path,
            reason=error.strerror,
        ) from error
    return film


def film_in(run: RunDirectory, text: str | None, *, largest_bytes: int = LARGEST_FILM) -> Film:
    """The frames that were kept where the text is theirs, else one of every kept step.

    Raises:
        ConfigurationError: the text is none that can be filmed.
        RunError: there are no frames and no text is given, or no weights are kept.
    """
    kept, tokenizer = film_of(run.frame_rows()), run.tokenizer()
    if kept and max(kept.ids) >= tokenizer.vocabulary_size:
        kept = None
    if text is None:
        if kept is None:
            raise RunError(
                "The run {id!r} kept no frames while it trained. Say with --text what its heads "
                "are to look at: the weights of its kept steps are played then.",
                id=run.id,
            )
        return kept
    ids = tuple(tokenizer.encode(tokenizer.known_form(text)))
    return kept if kept and kept.ids == ids else _from_weights(run, ids, largest_bytes)


def _from_weights(run: RunDirectory, ids: tuple[int, ...], largest_bytes: int) -> Film:
    saved = list_checkpoints(run.weights)
    if not ids or len(ids) > LONGEST_PROBE:
        raise ConfigurationError(
            "The text has {tokens:,} tokens; a film has 1 to {most}.",
            tokens=len(ids),
            most=LONGEST_PROBE,
        )
    rows, size = [], 0
    for checkpoint in saved:
        model = open_model(run, step=checkpoint.step).model
        row = film_frame(model, ids, step=checkpoint.step)
        size += len(row.cells)
        if len(row.cells) > MOST_CELLS_BYTES or size > largest_bytes:
            raise ConfigurationError(
                "The film of a text of {tokens:,} tokens would be too large with this model and "
                "its {steps} kept steps. Shorten the text.",
                tokens=len(ids),
                steps=len(saved),
            )
        rows.append(row)
    film = film_of(rows)
    if film is None:
        raise RunError("The run {id!r} has saved nothing yet; wait until it trains.", id=run.id)
    return film


def film_page(
    film: Film,
    tokens: Sequence[str],
    curve: Curve,
    *,
    run: str,
    words: PageWords = ENGLISH_FILM,
    most_points: int = MOST_POINTS,
) -> bytes:
    """The page: every frame's cells as they were kept, and the curve under which they are played.

    Args:
        film: What is played.
        tokens: What each of its ids stands for.
        curve: A loss by step; thinned out where it is long.
        run: What the run is called.
        words: What the page says.
        most_points: Of the curve.
    """
    shown = curve[:: -(-len(curve) // most_points) or 1]
    values = {
        **words.values(),
        "run": run,
        "tokens": list(tokens),
        "layers": film.layers,
        "heads": film.heads,
        "steps": list(film.steps),
        "cells": [base64.b64encode(cells).decode("ascii") for cells in film.cells],
        "full": FULL,
        "perHead": triangle(len(film.ids)),
        "curve": [list(point) for point in shown if point[0] <= film.steps[-1]],
    }
    page = files("minigpt.runs.attention").joinpath(PAGE).read_text(encoding="utf-8")
    return page.replace(PAGE_DATA, as_script_data(values)).encode("utf-8")
