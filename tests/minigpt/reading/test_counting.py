import numpy as np
import pytest

from minigpt.corpora.statistics import CountedStream
from minigpt.reading.counting import counted_text, counting_lines, counting_lines_of
from minigpt.reading.report import per_character
from minigpt.reading.surprise import surprise
from minigpt.runs.trained_model import open_model


def test_lines_begin_with_an_even_guess_and_fall_on_text_of_the_same_kind(trained):
    model = open_model(trained)
    text = trained.config().corpus.load().validation_text
    lines = counting_lines_of(trained, model, surprise(model, text))
    assert [line.run_length for line in lines] == [0, 1, 2, 3, 4, 5, 6]
    assert lines[0].bits_per_token == pytest.approx(np.log2(model.tokenizer.vocabulary_size))
    assert lines[0].bits_per_token > lines[1].bits_per_token > lines[2].bits_per_token


def test_counting_begins_where_the_model_did(trained):
    model = open_model(trained)
    text = trained.config().corpus.load().validation_text[:40]
    read = surprise(model, text)
    counted = counted_text(trained, model.tokenizer)
    ids = model.tokenizer.encode("\n" + text)
    joined = counted.losses(np.array(ids))[2] * len(ids)
    alone = counted.losses(np.array(ids[:1]))[2]
    pairs = counting_lines_of(trained, model, read)[2]
    assert pairs.bits_per_token * np.log(2) == pytest.approx((joined - alone) / (len(ids) - 1))
    bits = pairs.bits_per_token * (len(ids) - 1) / len(text)
    assert per_character(pairs, read) == pytest.approx(bits)
    # Had it begun with nothing, its first guess would be as bad as those of single tokens.
    cold = counted.losses(np.array(ids[1:]))[2]
    assert cold != pytest.approx(pairs.bits_per_token * np.log(2), abs=1e-4)


def test_their_names_say_what_is_counted():
    ids = np.array([0, 1, 0, 1, 0, 1, 0])
    names = [line.name for line in counting_lines(CountedStream.of(ids, 2), ids)]
    assert names[:3] == ["even guess", "single tokens, counted", "sequences of 2 tokens, counted"]
