import base64
import dataclasses
import gettext
import json
import math
import typing

import pytest

from minigpt import json_values
from minigpt.runs import records
from minigpt.runs.records import (
    Exit,
    FrameRow,
    Launch,
    Meta,
    MetricRow,
    NeuronsRecord,
    Sample,
    Settings,
    UnseenRecord,
    WorkerState,
)
from minigpt.runs.records.rows import (
    MOST_HEADS,
    Evaluations,
    HeadRow,
    HeadShareTable,
    evaluations,
)
from minigpt.sentences import Sentence, join_sentences, plural
from tests.minigpt.runs.hostile import HOSTILE, MISSING

RECORDS = [getattr(records, name) for name in records.__all__]
HEADS = {"step": 1, "previous": [[0.5]], "copied": [[0.5]], "copied_chance": 0.1}
FRAME = {"step": 1, "layers": 1, "heads": 2, "ids": [3, 4], "cells": "/4AA/4AA"}
NEURONS = {
    **dict.fromkeys(("layers", "neurons", "kept", "length"), 1), "step": 7, "sha256": "word",
    **dict.fromkeys(("ids", "places", "strengths", "means", "variances", "active"), "AAAAAA=="),
}  # fmt: skip
UNSEEN = {"length": 3, "ids": base64.b64encode(bytes(2 * 3 * 4)).decode()}
NEEDED = {
    "MetricRow": {"step": 1}, "Sample": {"step": 1, "text": "a"}, "Event": {"text": "a"},
    "HeadRow": HEADS, "FrameRow": FRAME, "NeuronsRecord": NEURONS,
    "UnseenRecord": UNSEEN,
}  # fmt: skip
GOOD = {
    bool: True, int: 7, float: 2.5, str: "word", tuple[str, ...]: ["one", "two"],
    HeadShareTable: [[0.0, 1.0], [0.25, 0.5]],
    tuple[int, ...]: [7], bytes: base64.b64encode(bytes(range(7 * 7))).decode(),
}  # fmt: skip
each_record = pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)


def fields_of(kind):
    """The names of a record's fields and the type of what may stand there, besides None."""
    for name, hint in typing.get_type_hints(kind).items():
        if name != "values":
            yield name, typing.get_args(hint)[0] if type(None) in typing.get_args(hint) else hint


def require_sound(value):
    if isinstance(value, bytes):
        assert len(value) <= 500_000
        return
    assert value is None or isinstance(value, bool | int | float | str | dict | list | tuple)
    if isinstance(value, str):
        value.encode("utf-8")
        assert len(value) <= 100_000
    elif isinstance(value, dict):
        require_sound(list(value))
        require_sound(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            require_sound(one)
    elif value is not None:
        assert math.isfinite(value)
        assert abs(value) < 1e16


@each_record
@pytest.mark.parametrize("hostile", HOSTILE)
def test_one_hostile_field_costs_at_most_itself(kind, hostile):
    needed = NEEDED.get(kind.__name__, {})
    for name, _ in fields_of(kind):
        values = {**needed, name: HOSTILE[hostile]}
        if HOSTILE[hostile] is MISSING:
            del values[name]
        record = kind.from_json(json.loads(json.dumps(values)))
        if record is None:
            assert name in needed
            continue
        for field in dataclasses.fields(record):
            require_sound(getattr(record, field.name))


@each_record
def test_good_values_come_through_and_others_are_left_out(kind):
    if kind is Settings:
        return
    values = {name: GOOD[hint] for name, hint in fields_of(kind)}
    if kind is NeuronsRecord:  # how many bytes there are is said by the numbers beside them
        values = {**NEURONS, "by_token": "AACAPw=="}
    if kind is UnseenRecord:
        values = UNSEEN
    record = kind.from_json({**values, "unknown": 1})
    assert json.loads(json.dumps(record.to_json())) == values
    assert kind.from_json(record.to_json()) == record or kind is Meta


@each_record
def test_an_empty_file_says_nothing_and_an_empty_line_is_none(kind):
    record = kind.from_json({})
    if kind.__name__ in NEEDED:
        assert record is None
    else:
        assert all(not value or value == "fresh" for value in _values(record))


def _values(record):
    return [getattr(record, field.name) for field in dataclasses.fields(record)]


def test_truth_is_no_number_and_a_number_no_truth():
    assert WorkerState.from_json({"step": True}).step is None
    assert records.Control.from_json({"stop": 1}).stop is None


def test_what_people_write_is_cut_to_what_they_may_write():
    meta = Meta.from_json({"name": "n" * 999, "note": "o" * 9999, "tags": ["t" * 99] * 99})
    assert (len(meta.name), len(meta.note)) == (80, 2000)
    assert [len(tag) for tag in meta.tags] == [30] * 12


def test_half_a_character_is_replaced():
    assert Sample.from_json({"step": 1, "text": "a\ud800b"}).text == "a\ufffdb"
    assert Exit.from_json({"reason": "\udfff"}).reason == "\ufffd"


def test_an_empty_sample_is_one():
    assert Sample.from_json({"step": 0, "text": ""}) == Sample(step=0, text="")


def test_a_signal_is_a_negative_exit_code():
    assert Launch.from_json({"exit_code": -9}).exit_code == -9


def test_nothing_is_divided_by_nothing():
    state = WorkerState.from_json({"tokens_per_second": 0, "characters_per_token": 1e-300})
    assert (state.tokens_per_second, state.characters_per_token) == (None, None)


def test_a_row_says_of_each_metric_whether_it_was_measured():
    row = MetricRow(step=3, train_loss=2.0)
    assert row.to_json() == dict.fromkeys(row.to_json()) | {"step": 3, "train_loss": 2.0}
    assert "memory" in row.to_json()


def test_settings_are_read_as_far_as_they_go():
    settings = Settings.from_json({"model": {"rung": "gpt", "width": 1e300}, "training": 5})
    assert (settings.rung, settings.steps, settings.start) == ("gpt", None, "fresh")
    assert settings.values == {"model": {"rung": "gpt", "width": None}, "training": 5}


def test_what_is_shown_as_it_is_has_an_end():
    deep = {"a": 1}
    for _ in range(50):
        deep = {"a": deep, "b": list(range(5000))}
    assert len(json.dumps(json_values.showable_json(deep))) < 100_000


class Shouting(gettext.NullTranslations):
    """A language that says everything in capitals, but for the places to fill."""

    def gettext(self, message):
        return "".join(word if "{" in word else word.upper() for word in message.split(" "))

    def ngettext(self, one, many, count):
        return self.gettext(one if count == 1 else many)


SENTENCES = [
    Sentence("It paused at step {step:,}.", step=1200),
    Sentence("Unexpected {name}: {error!r}", name="KeyError", error=KeyError("what")),
    Sentence("{seconds:,.0f} seconds", seconds=12.7),
    plural("{count:,} file is gone.", "{count:,} files are gone.", 3),
    join_sentences(
        [Sentence("It ended."), Sentence("Its log ends with: {lines}", lines="a / {b}")], " "
    ),
    Sentence("No room in {folder}.", folder=Sentence("{count} folders", count=2)),
    Sentence("A brace { that is never closed"),
]


@pytest.mark.parametrize("told", SENTENCES)
def test_a_sentence_in_a_file_can_be_said_in_the_language_of_whoever_reads_it(told):
    written = json.loads(json.dumps(Exit(reason=told).to_json()))
    assert written["reason"] == str(told)
    read = Exit.from_json(written).reason
    assert read == told
    assert read.translated(Shouting()) == told.translated(Shouting())
    assert Exit.from_json(Exit(reason=read).to_json()) == Exit(reason=read)


@pytest.mark.parametrize(
    "spoilt",
    [
        None,
        "text",
        {},
        {"template": "Another text."},
        {"template": "{step:>999999999999}", "values": {"step": 1}},
        {"template": "{step.__class__}", "values": {"step": 1}},
        {"template": "{step[0]}", "values": {"step": "It"}},
        {"template": "{}", "values": {}},
        {"template": "{0}", "values": {"0": "It ended."}},
        {"template": "{gone}", "values": {}},
        {"template": "{step:,}", "values": {"step": "It ended."}},
        {"template": "{step:{wide}}", "values": {"step": 1, "wide": 9}},
        {"template": "It ended{", "values": {"step": 1}},
        {"template": "It ended.", "many": "They ended.", "values": {}},
        {"template": "It ended.", "many": "They ended.", "values": {"count": "x"}},
        {"template": "{a}" * 1000, "values": {"a": "b" * 10_000}},
        {"template": 5, "many": [], "values": 7},
    ],
)
def test_parts_that_are_not_of_the_text_are_left_alone(spoilt):
    read = Exit.from_json({"reason": "It ended.", "reason_parts": spoilt}).reason
    assert read == "It ended."
    assert not isinstance(read, Sentence)


def test_parts_within_parts_within_parts_come_to_an_end():
    told = {"template": "{a}", "values": {"a": "It ended."}}
    for _ in range(500):
        told = {"template": "{a}", "values": {"a": told}}
    assert not isinstance(
        Exit.from_json({"reason": "It ended.", "reason_parts": told}).reason, Sentence
    )


def test_a_reason_of_an_older_version_is_read_as_it_stands():
    assert Exit.from_json({"reason": "It ended. {step}"}).reason == "It ended. {step}"
    assert Exit(reason="It ended.").to_json() == {"reason": "It ended."}


def test_a_worker_of_an_older_version_said_patience():
    assert WorkerState.from_json({"patience": 600.0}).heartbeat_timeout == 600.0
    assert WorkerState.from_json({"patience": 1, "heartbeat_timeout": 2}).heartbeat_timeout == 2.0


@pytest.mark.parametrize(
    "table",
    [
        [], [[]], [[0.5], [0.5, 0.5]], [[1.5]], [[-0.1]], [["0.5"]], [[True]], [0.5], {"0": [0.5]},
        [[0.5] * (MOST_HEADS + 1)],
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["previous", "copied"])
def test_a_table_of_shares_that_is_none_costs_its_line(name, table):
    assert HeadRow.from_json(HEADS) is not None
    assert HeadRow.from_json({**HEADS, name: table}) is None


@pytest.mark.parametrize(("heads", "is_read"), [(48, True), (MOST_HEADS, False)])
def test_of_a_model_with_too_many_heads_for_a_chart_nothing_is_read(heads, is_read):
    table = [[0.5] * heads] * 25
    row = HeadRow.from_json({**HEADS, "previous": table, "copied": table})
    assert (row is not None) == is_read


def test_of_a_table_with_too_many_heads_no_number_is_looked_at():
    class Unread(list[float]):
        def __iter__(self):
            raise AssertionError("read")

    table = [Unread([0.5] * MOST_HEADS)] * 25
    assert HeadRow.from_json({**HEADS, "previous": table, "copied": table}) is None


def test_a_frame_has_a_byte_for_each_weight():
    frame = FrameRow.from_json(FRAME)
    assert (frame.ids, list(frame.cells)) == ((3, 4), [255, 128, 0, 255, 128, 0])


@pytest.mark.parametrize(
    "change",
    [
        {"ids": [3]},  # of fewer tokens than the cells are for
        {"ids": [3, -4]},
        {"ids": [3] * 200},
        {"ids": [3, 10**9]},
        {"heads": 3},
        {"layers": 300, "heads": 300},
        {"cells": "/4AA/4A"},
        {"cells": "/4AA/4A*"},
        {"cells": "/4AA/4A\u00e9"},
        {"cells": [255, 128, 0, 255, 128, 0]},
        {"cells": "A" * 10_000_000},
    ],
)
def test_a_frame_whose_parts_do_not_fit_each_other_is_none(change):
    assert FrameRow.from_json({**FRAME, **change}) is None


def test_evaluations_are_read_on_and_anew_where_the_file_is_another(run):
    followed = Evaluations(run.metrics)
    assert followed.read() == []
    run.append("metrics", MetricRow(step=0, validation_loss=4.0).to_json())
    run.append("metrics", MetricRow(step=1, train_loss=3.9).to_json())
    assert [row.step for row in followed.read()] == [0]
    run.append("metrics", MetricRow(step=2, validation_loss=3.0).to_json())
    assert [row.step for row in followed.read()] == [0, 2]
    assert followed.read() == evaluations(run.metrics)
    run.metrics.write_text('{"step": 7, "validation_loss": 1.0}\n')
    assert [row.step for row in followed.read()] == [7]


@pytest.mark.parametrize(
    "change", [{"length": 5}, {"length": 0}, {"ids": ""}, {"ids": "A" * 400_000}]
)
def test_pieces_of_text_that_do_not_fit_each_other_are_none(change):
    assert UnseenRecord.from_json({**UNSEEN, **change}) is None
