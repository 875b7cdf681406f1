import gc
import weakref
from dataclasses import replace
from itertools import islice

import pytest

from minigpt.errors import ConfigurationError
from minigpt.runs.trained_model import open_model, write_texts
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.tokenizers.character import CharacterTokenizer
from tests.ui.harness import made_run
from ui.services.generation.turns import Waiting
from ui.services.generation.writing import (
    TOKENS_A_TURN,
    grow_texts,
    start_text,
    write_text,
    writers_of,
)

PROMPT = "ROMEO: To"


def continuation(run, **settings):
    sampling = SamplingConfig(**settings)
    return list(write_text(open_model(run, step=20), PROMPT, sampling, tokens=12, seed=3))


def continuation_of(opened, *, seed):
    sampling = SamplingConfig(temperature=1.0)
    return list(write_text(opened, PROMPT, sampling, tokens=12, seed=seed))


def test_text_grows_by_a_token_and_is_what_the_generator_draws():
    run = made_run()
    opened = open_model(run, step=20)
    drawn = generate(
        opened.model, opened.tokenizer.encode(PROMPT), SamplingConfig(temperature=1.0), seed=3
    )
    expected = opened.tokenizer.decode([token.id for token in islice(drawn, 12)])
    shown = continuation(run, temperature=1.0)
    assert shown == [expected[: length + 1] for length in range(12)]


@pytest.mark.timeout(30)
def test_a_place_is_free_again_however_writing_ends():
    opened = open_model(made_run(), step=20)
    without_line_breaks = replace(opened, tokenizer=CharacterTokenizer.train("abc"))
    for _ in range(3):
        pieces = write_text(opened, PROMPT, SamplingConfig(), tokens=5, seed=1)
        next(pieces)
        pieces.close()
        with pytest.raises(ConfigurationError, match="prompt is empty"):
            write_text(without_line_breaks, "", SamplingConfig(), tokens=5, seed=1)
    assert writers_of(opened.model).turns.is_idle
    assert len(writers_of(opened.model).texts) == 0


def test_a_model_is_forgotten_when_nobody_writes_with_it_any_more():
    opened = open_model(made_run(), step=20)
    assert len(continuation_of(opened, seed=1)) == 12
    model = weakref.ref(opened.model)
    del opened
    gc.collect()
    assert model() is None


@pytest.mark.timeout(60)
def test_those_who_write_with_one_model_write_together():
    opened = open_model(made_run(), step=20)
    alone = [continuation_of(opened, seed=seed) for seed in range(8)]
    together = [
        write_text(opened, PROMPT, SamplingConfig(temperature=1.0), tokens=12, seed=seed)
        for seed in range(8)
    ]
    assert list(zip(*together, strict=True)) == list(zip(*alone, strict=True))
    assert writers_of(opened.model).turns.is_idle


@pytest.mark.timeout(60)
def test_thousands_of_tokens_of_some_do_not_keep_others_from_their_first():
    opened = open_model(made_run(), step=20)
    writers_of(opened.model, most=2)
    alone = continuation_of(opened, seed=3)
    long = [
        write_text(opened, PROMPT, SamplingConfig(), tokens=100_000, seed=seed) for seed in range(2)
    ]
    for one in long:
        next(one)
    short = write_text(opened, PROMPT, SamplingConfig(temperature=1.0), tokens=12, seed=3)
    assert next(short) == Waiting(2)
    for one in long:  # each writes to the end of its turn, and has to wait in its turn
        told = list(islice(one, TOKENS_A_TURN))
        assert [isinstance(piece, Waiting) for piece in told[:-1]] == [False] * (TOKENS_A_TURN - 1)
    for one in long:
        one.close()
    assert [piece for piece in short if not isinstance(piece, Waiting)] == alone
    assert writers_of(opened.model).turns.is_idle


def test_as_many_write_at_once_as_the_memory_for_them_allows():
    opened = open_model(made_run(), step=20)
    line = writers_of(opened.model, most_bytes=1).turns
    assert line.before(line.line_up(), 0.0) == 0
    assert line.before(line.line_up(), 0.0) == 1


def ids(text):
    return [token.id for token in text.drawn]


def begun(opened, seed, **settings):
    return start_text(opened, PROMPT, SamplingConfig(temperature=1.0), seed=seed, **settings)


def test_several_texts_grow_together_and_each_is_what_it_is_alone():
    opened = open_model(made_run(), step=20)
    texts = [begun(opened, seed) for seed in range(3)]
    assert list(grow_texts(opened, texts, tokens=9)) == list(range(1, 10))
    for seed, text in enumerate(texts):
        alone = begun(opened, seed)
        assert list(grow_texts(opened, [alone], tokens=9)) == list(range(1, 10))
        assert text.drawn == alone.drawn
    assert writers_of(opened.model).turns.is_idle


def test_a_text_ends_at_a_stop_string_and_the_others_go_on():
    opened = open_model(made_run(), step=20)
    sampling = SamplingConfig(temperature=1.0)
    plain = write_texts(opened, PROMPT, sampling, tokens=30, seeds=[0, 1, 2])
    stop = [plain[0].text[4:6]]
    expected = write_texts(opened, PROMPT, sampling, tokens=30, seeds=[0, 1, 2], stop=stop)
    assert expected[0].ended
    texts = [begun(opened, seed) for seed in range(3)]
    list(grow_texts(opened, texts, tokens=30, stop=stop))
    assert [tuple(text.drawn) for text in texts] == [one.tokens for one in expected]


@pytest.mark.timeout(60)
def test_a_stop_string_is_seen_although_others_let_the_text_grow_further():
    opened = open_model(made_run(), step=20)
    alone = begun(opened, 1)
    list(grow_texts(opened, [alone], tokens=30))
    stop = [opened.continuation(alone.prompt, ids(alone))[5:8]]
    text, other = begun(opened, 1), begun(opened, 2)
    steps = grow_texts(opened, [text], tokens=30, stop=stop)
    next(steps)
    list(grow_texts(opened, [other], tokens=40))  # which draws for both
    assert len(text.drawn) == 30
    list(steps)
    assert len(text.drawn) == 8
    assert text.drawn == alone.drawn[:8]


def test_a_text_goes_on_from_where_it_was_left_as_if_it_had_not_been():
    opened = open_model(made_run(), step=20)
    whole, half = begun(opened, 5), begun(opened, 5)
    list(grow_texts(opened, [whole], tokens=20))
    list(grow_texts(opened, [half], tokens=7))
    half = replace(half, drawn=list(half.drawn))
    list(grow_texts(opened, [half], tokens=20))
    assert ids(half) == ids(whole)


def test_who_asks_for_several_texts_takes_several_places():
    opened = open_model(made_run(), step=20)
    writers_of(opened.model, most=4)
    three = grow_texts(opened, [begun(opened, seed) for seed in range(3)], tokens=5)
    assert next(three) == 1
    two = grow_texts(opened, [begun(opened, seed) for seed in range(2)], tokens=5)
    one = grow_texts(opened, [begun(opened, 9)], tokens=5)
    assert next(two) == Waiting(1)
    assert next(one) == Waiting(2)  # it would fit in, but nobody is passed over
    three.close()
    assert next(two) == 1
    assert next(one) == 1
    two.close()
    one.close()
    many = grow_texts(opened, [begun(opened, seed) for seed in range(9)], tokens=2)
    assert list(many) == [1, 2]  # more than there are places for: all places
    assert writers_of(opened.model).turns.is_idle


def test_an_empty_stop_string_is_refused_at_once():
    opened = open_model(made_run(), step=20)
    with pytest.raises(ConfigurationError, match="stop string is empty"):
        grow_texts(opened, [begun(opened, 1)], tokens=5, stop=[""])
