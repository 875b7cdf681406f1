import math

import pytest

from minigpt.runs.records import Settings, WorkerState
from minigpt.runs.store import bits_per_character, characters_per_token

CHARACTER, BPE = Settings(tokenizer="character"), Settings(tokenizer="bpe")


def test_a_character_is_a_token_to_a_character_tokenizer():
    assert characters_per_token(CHARACTER, WorkerState()) == 1.0
    assert bits_per_character(math.log(2), 1.0) == 1.0


def test_for_other_tokenizers_the_worker_has_to_have_measured_it():
    assert characters_per_token(BPE, WorkerState()) is None
    assert characters_per_token(BPE, WorkerState(characters_per_token=2.5)) == 2.5


def test_a_guess_among_256_bytes_takes_eight_bits():
    assert bits_per_character(math.log(256), 1.0) == pytest.approx(8.0)
    assert bits_per_character(math.log(256), 2.0) == pytest.approx(4.0)


@pytest.mark.parametrize("damaged", [0, -1, "2", None, True, math.inf])
def test_a_damaged_measure_counts_as_none(damaged):
    state = WorkerState.from_json({"characters_per_token": damaged})
    assert characters_per_token(BPE, state) is None


def test_without_a_loss_or_a_measure_there_are_no_bits():
    assert bits_per_character(None, 1.0) is None
    assert bits_per_character(1.0, None) is None
