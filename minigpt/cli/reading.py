"""The commands that judge a text with a model: its loss, and the surprise of each token."""

import json
import math
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigpt.cli.output import print_result, print_status, say_which_step
from minigpt.configuration import require_between
from minigpt.corpora.user_texts import read_file
from minigpt.errors import MiniGPTError
from minigpt.runs.store import RunStore
from minigpt.sentences import Sentence, plural

if TYPE_CHECKING:
    from minigpt.reading.log import ReadingLog
    from minigpt.reading.overlap import Overlap, Span
    from minigpt.reading.surprise import Surprise
    from minigpt.runs.directory import RunDirectory
    from minigpt.runs.trained_model import TrainedModel

SHOWN_CHARACTERS = 60


def _add_evaluate(parser: ArgumentParser) -> None:
    _add_model(parser)
    parser.add_argument("--file", help="a text file; what the run itself is judged by if left out")


def _add_surprise(parser: ArgumentParser) -> None:
    _add_model(parser)
    _add_text(parser)
    parser.add_argument("--beside", metavar="RUN", help="a second run whose model reads it, too")


def _add_overlap(parser: ArgumentParser) -> None:
    _add_model(parser)
    _add_text(parser)
    parser.add_argument(
        "--least", type=int, default=20, help="characters of a piece worth naming, 3 to 1000"
    )


def _add_model(parser: ArgumentParser) -> None:
    parser.add_argument("run", help="the run's id, as `runs` lists it")
    parser.add_argument("--step", type=int, help="a saved step; the best one if left out")
    parser.add_argument("--json", action="store_true", help="every number, for other programs")


def _add_text(parser: ArgumentParser) -> None:
    text = parser.add_mutually_exclusive_group(required=True)
    text.add_argument("--text", help="the text")
    text.add_argument("--file", help="a text file")


ARGUMENTS = {
    "evaluate": (_add_evaluate, "judge a text as training does: loss, bits, perplexity"),
    "surprise": (_add_surprise, "say how many bits each token of a text is worth"),
    "overlap": (_add_overlap, "find what of a text stands in the training text"),
}
"""These commands: their arguments, and what they do."""


def text_of(chosen: Namespace) -> str:
    """The text that a command is about."""
    return read_file(Path(chosen.file)) if chosen.file else str(chosen.text)


def evaluate(chosen: Namespace) -> int:
    """Say how well a model foretells the text that its run is judged by, or a file."""
    # Here and not above: torch takes a second to import, and few commands need it.
    from minigpt.reading.evaluation import evaluate_run, evaluate_text
    from minigpt.runs.trained_model import open_model

    run = RunStore.default().open(chosen.run)
    trained = open_model(run, step=chosen.step)
    found = evaluate_text(trained, text_of(chosen)) if chosen.file else evaluate_run(run, trained)
    say_which_step(run, chosen.step)
    if chosen.json:
        of = {"run": run.id, "step": trained.checkpoint.step, "file": chosen.file}
        numbers = ("bits_per_character", "perplexity")
        print_result(json.dumps(of | asdict(found) | {one: getattr(found, one) for one in numbers}))
    else:
        print_result(found.in_words)
    return 0


def surprise(chosen: Namespace) -> int:
    """Say how much each token of a text surprises a model, and what counting reaches."""
    # Here and not above, for the same reason.
    from minigpt.reading import surprise as reading
    from minigpt.reading.report import compared_values, surprise_values
    from minigpt.runs.trained_model import open_model

    store, text = RunStore.default(), text_of(chosen)
    run = store.open(chosen.run)
    trained = open_model(run, step=chosen.step)
    read = reading.surprise(trained, text)
    answer = surprise_values(trained, read) | {"counting": _counting(run, trained, read)}
    say_which_step(run, chosen.step)
    _say_unread(run.id, read)
    if chosen.beside:
        other = open_model(store.open(chosen.beside))
        second = reading.surprise(other, text)
        _say_unread(chosen.beside, second)
        answer["beside"] = {"run": chosen.beside, **surprise_values(other, second)}
        answer["compared"] = compared_values(reading.compare_readings(read, second), read)
    if chosen.json:
        print_result(json.dumps({"run": run.id, **answer}))
    else:
        _print_table(trained, read, answer)
    return 0


def _say_unread(run: str, read: "Surprise") -> None:
    if read.unread:
        print_status(
            Sentence(
                "minigpt: {run} cannot read {unread:,} of these {all:,} characters; its numbers "
                "are those of the others.",
                run=run,
                unread=read.unread,
                all=len(read.text),
            )
        )


def _counting(
    run: "RunDirectory", trained: "TrainedModel", read: "Surprise"
) -> list[dict[str, Any]] | None:
    """In bits per character; None where the run's text cannot be counted."""
    from minigpt.reading.counting import counting_lines_of
    from minigpt.reading.report import counting_values

    try:
        return counting_values(counting_lines_of(run, trained, read), read)
    except MiniGPTError as error:
        print_status(Sentence("minigpt: nothing was counted: {reason}", reason=error.message))
        return None


def _print_table(trained: "TrainedModel", read: "Surprise", answer: dict[str, Any]) -> None:
    from minigpt.reading.counting import name_of

    lines = [
        f"{'-' if one.bits is None else format(one.bits, '.2f'):>7}  {one.place.piece.text!r}"
        for one in read.tokens
    ]
    step = Sentence("step {step}", step=trained.checkpoint.step)
    total: list[tuple[float | None, str]] = [(answer["bits_per_character"], step)]
    if beside := answer.get("beside"):
        total.append((beside["bits_per_character"], beside["run"]))
    for line in answer["counting"] or []:
        total.append((line["bits_per_character"], name_of(line["run_length"])))
    lines += ["", Sentence("bits per character:")]
    lines += [f"{math.nan if bits is None else bits:7.3f}  {name}" for bits, name in total]
    print_result("\n".join(lines))


def overlap(chosen: Namespace) -> int:
    """Find what of a text stands word for word in the training text, and when that was read."""
    # Here and not above, for the same reason.
    from minigpt.reading.log import ReadingLog, history
    from minigpt.reading.overlap import held_out_pieces
    from minigpt.reading.overlap import overlap as look_for
    from minigpt.reading.report import overlap_values
    from minigpt.reading.training_text import training_text
    from minigpt.runs.trained_model import open_model

    require_between("least", chosen.least, 3, 1000)
    store, text = RunStore.default(), text_of(chosen)
    run = store.open(chosen.run)
    trained = open_model(run, step=chosen.step)
    training = training_text(run, trained.tokenizer)
    found = look_for(text, training, held_out_pieces(training))
    past = history(run, store, step=trained.checkpoint.step)
    log = ReadingLog(past, total_tokens=training.total_tokens)
    say_which_step(run, chosen.step)
    if chosen.json:
        of = {"run": run.id, "step": trained.checkpoint.step}
        print_result(json.dumps(of | overlap_values(trained, found, log, chosen.least)))
    else:
        _print_overlap(found, log, chosen.least)
    return 0


def _print_overlap(found: "Overlap", log: "ReadingLog", least: int) -> None:
    from minigpt.reading.log import in_words
    from minigpt.reading.overlap import longest_first
    from minigpt.reading.report import readings_of

    lines: list[str] = [found.answer(least)]
    for span in longest_first(found.spans(least)):
        shown = found.text[span.start : span.end]
        cut = shown if len(shown) <= SHOWN_CHARACTERS else f"{shown[:SHOWN_CHARACTERS]}…"
        lines += ["", _place_in_words(span, cut)]
        lines.append(in_words(readings_of(found, log, span), log.history))
    print_result("\n".join(lines))


def _place_in_words(span: "Span", shown: str) -> str:
    return plural(
        "{shown!r}: {length:,} characters from {start:,}, in {count:,} place, from {place:,} on",
        "{shown!r}: {length:,} characters from {start:,}, in {count:,} places, the first from "
        "{place:,} on",
        span.places,
        shown=shown,
        length=span.length,
        start=span.start,
        place=span.first_places[0],
    )
