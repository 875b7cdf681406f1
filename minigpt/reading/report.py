"""All numbers about a text as JSON values, for the command line and for files to take home."""

import json
from collections.abc import Sequence
from typing import Any

from minigpt.reading.counting import CountingLine
from minigpt.reading.log import Reading, ReadingLog
from minigpt.reading.overlap import Overlap, Span
from minigpt.reading.surprise import ComparedPiece, Surprise
from minigpt.reading.vote import model_odds, votes
from minigpt.runs.trained_model import TrainedModel

DIGITS = 6
Values = dict[str, Any]


def surprise_values(trained: TrainedModel, read: Surprise) -> Values:
    """Every token of a text with its bits, the totals, and whether probabilities were kept."""
    vocabulary = trained.tokenizer.vocabulary
    return {
        "step": trained.checkpoint.step,
        "bits": read.bits,
        "characters": read.characters,
        "unread_characters": read.unread,
        "bits_per_character": read.bits_per_character,
        "tokens": [
            {
                "text": one.place.piece.text,
                "start": one.place.start,
                "end": one.place.end,
                "bits": None if one.bits is None else round(one.bits, DIGITS),
                "likeliest": [[vocabulary[id], round(p, DIGITS)] for id, p in one.candidates],
            }
            for one in read.tokens
        ],
        "reliability": [
            {
                "from": one.low, "to": one.high, "predictions": one.predictions,
                "came": one.came, "mean": round(one.mean, DIGITS),
            }
            for one in read.reliability.bins()
        ],
    }  # fmt: skip


def counting_values(lines: Sequence[CountingLine], read: Surprise) -> list[Values]:
    """What counting reaches on the same text, in bits per character."""
    return [
        {"run_length": line.run_length, "bits_per_character": per_character(line, read)}
        for line in lines
    ]


def per_character(line: CountingLine, read: Surprise) -> float:
    """What counting reaches, on the characters that the model can read."""
    return line.bits_per_token * len(read.ids) / read.known_characters


def compared_values(pieces: Sequence[ComparedPiece], read: Surprise) -> list[Values]:
    """What each piece of a text cost two models, in bits."""
    return [
        {"text": read.text[one.start : one.end], "bits": [one.first, one.second]} for one in pieces
    ]


def overlap_values(trained: TrainedModel, found: Overlap, log: ReadingLog, least: int) -> Values:
    """What of a text stands in the training text, by chance and where, and when it was read."""
    training = found.training
    low, high = found.held_out.range(least) or (None, None)
    return {
        "characters": len(found.text),
        "least": least,
        "share": found.share(least),
        "chance": {
            "share": found.held_out.share(least), "lowest": low, "highest": high,
            "pieces": len(found.held_out.pieces), "characters": found.held_out.characters,
        },
        "searched_characters": len(training.text),
        "searched_all": training.is_whole,
        "seconds_to_index": round(training.seconds, 3),
        "log": {"steps": log.steps, "not_known": list(log.history.unknown)},
        "spans": [_span_values(found, log, span) for span in found.spans(least)],
        "vote": vote_values(trained, found),
    }  # fmt: skip


def _span_values(found: Overlap, log: ReadingLog, span: Span) -> Values:
    readings = readings_of(found, log, span)
    return {
        "text": found.text[span.start : span.end],
        "start": span.start,
        "end": span.end,
        "places": span.places,
        "first_places": list(span.first_places),
        "chance": span.chance,
        "in_held_out": span.is_held_out,
        "steps_that_read_the_first_place": [one.step for one in readings if one.whole],
        "steps_that_read_a_part_of_it": [one.step for one in readings if not one.whole],
    }


def readings_of(found: Overlap, log: ReadingLog, span: Span) -> list[Reading]:
    """When the first place of a span was read."""
    place = span.first_places[0]
    return log.readings(*found.training.tokens_of(place, place + span.length))


def vote_values(trained: TrainedModel, found: Overlap) -> list[Values]:
    """After the end of the text: what followed it in the training text, and the model's odds."""
    ids = trained.tokenizer.encode_known(trained.tokenizer.known_form(found.text))
    vocabulary, odds = trained.tokenizer.vocabulary, model_odds(trained, ids)
    return [
        {
            "context": trained.tokenizer.decode(vote.context),
            "places": vote.places,
            "followed": [
                {"token": vocabulary[id], "count": count, "model": round(odds[id], DIGITS)}
                for id, count in vote.counts
            ],
        }
        for vote in votes(ids, found.training)
    ]


def as_file(values: Values) -> bytes:
    """Values as a JSON file."""
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8", errors="replace")
