import math

import pytest

from minigpt.runs.analysis.loss_in_words import in_choices


@pytest.mark.parametrize(
    ("loss", "kind", "words"),
    [
        (1.7427, "character", "as unsure as a choice among 5.7 characters"),
        (math.log(65), "character", "as unsure as a choice among 65.0 characters"),
        (6.2, "word", "as unsure as a choice among 490 words"),
        (10.0, "gpt2", "as unsure as a choice among 22,000 tokens"),
        (0.0, "byte", "as unsure as a choice among 1.0 bytes"),
        (2.0, None, "as unsure as a choice among 7.4 tokens"),
    ],
)
def test_a_loss_is_said_as_a_choice_among_equals(loss, kind, words):
    assert in_choices(loss, kind) == words


@pytest.mark.parametrize("loss", [-1.0, 21.0, 1275.0, math.inf, math.nan])
def test_of_a_model_that_broke_there_is_nothing_to_say(loss):
    assert in_choices(loss, "character") is None
