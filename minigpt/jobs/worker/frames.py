"""The frames of a film: what every head looks at in one text, kept at some steps of a training."""

from collections.abc import Collection
from dataclasses import dataclass

from minigpt.checkpoints.manifest import log_spaced_steps
from minigpt.models.language_model import LanguageModel
from minigpt.runs.config import LoggingConfig
from minigpt.runs.records.frames import triangle
from minigpt.sentences import N_, Sentence
from minigpt.shapes import TokenStream
from minigpt.tokenizers import Tokenizer

MOST_TOKENS = 64
MOST_FRAME_BYTES = 100_000
MOST_FILM_BYTES = 6_000_000
"""Of all frames together; a third more in their file."""
TEXT_PER_TOKEN = 20
"""Tokens of the text that are searched for lines, for each token that is wanted."""
ROUNDS = 4
DENSER = 1.08


@dataclass(frozen=True, kw_only=True)
class Probe:
    """The text of a film."""

    ids: tuple[int, ...] = ()
    """None where there is no film."""
    notes: tuple[str, ...] = ()
    """What is not as it was asked for."""


def choose_probe(
    model: LanguageModel, tokenizer: Tokenizer, validation: TokenStream, logging: LoggingConfig
) -> Probe:
    """The text that was asked for, else the first lines of what the model is judged by.

    Args:
        model: Whose heads are filmed; one without any gets no text.
        tokenizer: The model's.
        validation: Text that the model is not trained on.
        logging: What was asked for.
    """
    most = longest_probe(model, logging.attention_frames)
    if not most:
        return Probe()
    asked = tokenizer.known_form(logging.attention_text)
    if not asked.strip():
        return Probe(ids=_settled(tokenizer, _first_lines(tokenizer, validation, most), most))
    ids, notes = tokenizer.encode_known(asked), []
    if tokenizer.unknown_characters(asked):
        notes.append(N_("What the model cannot read is left out of the text of the film"))
    if len(ids) > most:
        notes.append(Sentence("Of the text of the film {most} tokens are kept", most=most))
    if not ids:
        notes = [N_("The model can read nothing of the text of the film, so none is kept")]
    return Probe(ids=_settled(tokenizer, ids[:most], most), notes=tuple(notes))


def longest_probe(model: LanguageModel, frames: int) -> int:
    """How many tokens a text may have for all frames to stay small; 0 where there is no film."""
    heads = sum(block.attention.num_heads for block in model.attention_blocks())
    if not frames or not heads:
        return 0
    most = min(MOST_FRAME_BYTES, MOST_FILM_BYTES // frames) // heads
    lengths = range(min(MOST_TOKENS, model.context_length), 0, -1)
    return next((length for length in lengths if triangle(length) <= most), 0)


def frame_steps(last: int, most: int, kept: Collection[int]) -> frozenset[int]:
    """The steps of a film: those whose weights are kept, and others in between, as they are spaced.

    Args:
        last: The last step of the training.
        most: How many frames there may be; 0 for no film.
        kept: The steps whose weights are kept; left out where they are too many.
    """
    if not most:
        return frozenset()
    if last < most:
        return frozenset(range(last + 1))
    base = frozenset(kept) if len(kept) <= most else frozenset[int]()
    # Early steps are whole numbers apart, however close together they should be: of as many as
    # are asked for some coincide, so that more can be asked for.
    found, wanted = base, 2.0
    while len(more := base | log_spaced_steps(last, round(wanted))) <= most:
        found, wanted = more, wanted * DENSER + 1
    return found or log_spaced_steps(last, max(2, most))


def _first_lines(tokenizer: Tokenizer, validation: TokenStream, most: int) -> list[int]:
    """As many whole lines as fit, or the beginning of the first one."""
    text = tokenizer.decode(validation[: TEXT_PER_TOKEN * most].tolist())
    # A part of a text may begin anywhere, so what stands before the first line end is no line.
    whole = text.partition("\n")[2].lstrip() or text
    lines = whole.splitlines(keepends=True)
    chosen = _beginning(tokenizer, lines[0].rstrip("\n"), most) if lines else []
    for count in range(2, len(lines)):
        ids = tokenizer.encode_known("".join(lines[:count]).rstrip())
        if len(ids) > most:
            break
        chosen = ids
    return chosen


def _beginning(tokenizer: Tokenizer, line: str, most: int) -> list[int]:
    """A line, or as much of it as fits without leaving a word in pieces."""
    ids = tokenizer.encode_known(line)
    if len(ids) <= most:
        return ids
    shown = tokenizer.decode(ids[:most])
    is_cut = line[len(shown) : len(shown) + 1].isalnum() and " " in shown.strip()
    return tokenizer.encode_known(shown.rpartition(" ")[0]) if is_cut else ids[:most]


def _settled(tokenizer: Tokenizer, ids: list[int], most: int) -> tuple[int, ...]:
    """Ids that come again when their text is cut into tokens: who types the text finds the film.

    Where tokens are longer than a letter, the end of a text that was cut may be cut otherwise.
    """
    for _round in range(ROUNDS):
        again = tokenizer.encode_known(tokenizer.decode(ids))[:most]
        if again == ids:
            break
        ids = again
    return tuple(ids)
