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


def surprise_values(trained: TrainedModel, surprise: Surprise) -> Values:
    """Every token of a text with its bits, the totals, and whether probabilities were kept."""
    vocabulary = trained.tokenizer.vocabulary
    return {
        "step": trained.checkpoint.step,
        "bits": surprise.bits,
        "characters": surprise.characters,
        "unread_characters": surprise.unread,
        "bits_per_character": surprise.bits_per_character,
        "tokens": [
            {
                "text": one.place.piece.text,
                "start": one.place.start,
                "end": one.place.end,
                "bits": None if one.bits is None else round(one.bits, DIGITS),
                "likeliest": [[vocabulary[id], round(p, DIGITS)] for id, p in one.candidates],
            }
            for one in surprise.tokens
        ],
        "reliability": [
            {
                "from": one.low, "to": one.high, "predictions": one.predictions,
                "came": one.came, "mean": round(one.mean, DIGITS),
            }
            for one in surprise.reliability.bins()
        ],
    }  # fmt: skip


def counting_values(lines: Sequence[CountingLine], surprise: Surprise) -> list[Values]:
    """What counting reaches on the same text, in bits per character."""
    return [
        {"run_length": line.run_length, "bits_per_character": per_character(line, surprise)}
        for line in lines
    ]


def per_character(line: CountingLine, surprise: Surprise) -> float:
    """What counting reaches, on the characters that the model was judged on."""
    judged = sum(one.bits is not None for one in surprise.tokens)
    if not judged:  # a single token, after nothing
        return line.bits_per_token * len(surprise.ids) / surprise.known_characters
    return line.bits_per_token * judged / surprise.characters


def compared_values(pieces: Sequence[ComparedPiece], surprise: Surprise) -> list[Values]:
    """What each piece of a text cost two models, in bits."""
    return [
        {"text": surprise.text[one.start : one.end], "bits": [one.first, one.second]}
        for one in pieces
    ]


def overlap_values(trained: TrainedModel, overlap: Overlap, log: ReadingLog, least: int) -> Values:
    """What of a text stands in the training text, by chance and where, and when it was read."""
    training = overlap.training
    low, high = overlap.held_out.range(least) or (None, None)
    return {
        "characters": len(overlap.text),
        "least": least,
        "share": overlap.share(least),
        "chance": {
            "share": overlap.held_out.share(least), "lowest": low, "highest": high,
            "pieces": len(overlap.held_out.pieces), "characters": overlap.held_out.characters,
        },
        "searched_characters": len(training.text),
        "searched_all": training.is_whole,
        "seconds_to_index": round(training.seconds, 3),
        "log": {"steps": log.steps, "not_known": list(log.history.unknown)},
        "spans": [_span_values(overlap, log, span) for span in overlap.spans(least)],
        "vote": vote_values(trained, overlap),
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


def readings_of(overlap: Overlap, log: ReadingLog, span: Span) -> list[Reading]:
    """When the first place of a span was read."""
    place = span.first_places[0]
    return log.readings(*overlap.training.tokens_of(place, place + span.length))


def vote_values(trained: TrainedModel, overlap: Overlap) -> list[Values]:
    """After the end of the text: what followed it in the training text, and the model's odds."""
    ids = trained.tokenizer.encode_known(trained.tokenizer.known_form(overlap.text))
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
        for vote in votes(ids, overlap.training)
    ]


def as_file(values: Values) -> bytes:
    """Values as a JSON file."""
    return json.dumps(values, ensure_ascii=False, indent=1).encode("utf-8", errors="replace")
