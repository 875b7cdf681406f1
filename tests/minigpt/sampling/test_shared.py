import threading
from itertools import islice

import pytest

from minigpt.errors import ConfigurationError
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import Continuation, generate
from minigpt.sampling.shared import SharedContinuations

CONFIG = SamplingConfig(temperature=1.0)


def alone(model, seed, count):
    return list(islice(generate(model, [1, 2], CONFIG, seed=seed), count))


def text(seed):
    return Continuation((1, 2), CONFIG, seed)


@pytest.mark.timeout(60)
def test_thirty_readers_each_get_the_text_they_would_get_alone(tiny_model):
    shared, read, begin = SharedContinuations(tiny_model), {}, threading.Barrier(30)

    def reader(seed):
        begin.wait()
        read[seed] = list(shared.draw(text(seed), 10 + seed))

    threads = [threading.Thread(target=reader, args=(seed,)) for seed in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read == {seed: alone(tiny_model, seed, 10 + seed) for seed in range(30)}
    assert len(shared) == 0


def test_one_step_is_taken_for_all(tiny_model):
    shared, read, waits = SharedContinuations(tiny_model), text(1), text(2)
    fast, slow = shared.draw(read, 8), shared.draw(waits, 7)
    assert [next(fast), next(slow), *fast] == [
        alone(tiny_model, 1, 1)[0],
        alone(tiny_model, 2, 1)[0],
        *alone(tiny_model, 1, 8)[1:],
    ]
    # The other text is drawn too, though nobody has read it yet, and holds no place any more.
    assert waits.drawn == alone(tiny_model, 2, 7)
    assert len(shared) == 0
    assert list(slow) == alone(tiny_model, 2, 7)[1:]


def test_whoever_stops_reading_lets_the_text_grow_no_longer(tiny_model):
    shared, left = SharedContinuations(tiny_model), text(1)
    reader = shared.draw(left, 1000)
    next(reader)
    assert len(shared) == 1
    reader.close()
    assert len(shared) == 0
    list(shared.draw(text(2), 5))
    assert len(left.drawn) == 1


def test_a_text_goes_on_where_it_stopped(tiny_model):
    shared, one = SharedContinuations(tiny_model), text(3)
    pieces = [*shared.draw(one, 7), *shared.draw(one, 9)]
    assert [token.id for token in pieces] == [token.id for token in alone(tiny_model, 3, 16)]
    assert one.drawn == pieces


def test_what_cannot_be_continued_holds_no_place(tiny_model):
    shared = SharedContinuations(tiny_model)
    with pytest.raises(ConfigurationError, match="prompt is empty"):
        next(shared.draw(Continuation((), CONFIG, 0), 5))
    assert len(shared) == 0
