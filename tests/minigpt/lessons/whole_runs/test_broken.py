import pytest
import torch

from minigpt.lessons.whole_runs import broken
from minigpt.lessons.whole_runs.broken import Recipe, train_beside, train_stepwise, train_to_end
from minigpt.lessons.whole_runs.small_gpt import CONTEXT, SmallGPT

TEXT = "".join(
    f"{number} the rain in the hills falls on the {number} trains\n" for number in range(80)
)
HELD = TEXT[-800:]
SHORT = 30


def outputs(model, ids):
    with torch.no_grad():
        return model(ids)


@pytest.mark.parametrize("mask", [True, False])
def test_only_without_a_mask_the_past_knows_what_comes(mask):
    model = SmallGPT(5, mask=mask)
    one, other = (
        torch.zeros(1, CONTEXT, dtype=torch.long),
        torch.zeros(1, CONTEXT, dtype=torch.long),
    )
    other[0, -1] = 1
    is_same = torch.equal(outputs(model, one)[:, :-1], outputs(model, other)[:, :-1])
    assert is_same == mask


def test_without_positions_a_row_of_equal_letters_looks_alike_everywhere():
    ids = torch.zeros(1, CONTEXT, dtype=torch.long)
    alike = outputs(SmallGPT(5, positions=False), ids)
    torch.testing.assert_close(alike, alike[:, :1].expand_as(alike))
    placed = outputs(SmallGPT(5), ids)
    assert not torch.allclose(placed, placed[:, :1].expand_as(placed))


def test_a_training_says_how_far_it_is_and_is_judged_on_both_parts():
    *shares, seen = train_stepwise(Recipe(steps=SHORT), TEXT, HELD)
    assert shares == [0, 0.5, 1]
    assert train_to_end(Recipe(steps=SHORT), TEXT, HELD) == seen
    assert [step for step, _ in seen.validation] == [0, 15, 30]
    assert seen.last < seen.validation[0][1]
    assert len(seen.written) == broken.WRITTEN
    assert seen.broke_at is None


def test_fewer_lines_are_less_to_learn_from():
    seen = train_beside(Recipe(steps=SHORT, sentences=5), TEXT, HELD)
    assert seen.faulty.learning_tokens < seen.sound.learning_tokens / 10


def test_it_is_said_near_which_mark_a_training_ends():
    slow = train_beside(Recipe(steps=SHORT, rate=1e-7), TEXT, HELD)
    assert slow.nearest == broken.EVEN
    assert slow.validation == slow.faulty.validation
    assert train_beside(Recipe(steps=SHORT), TEXT, HELD).nearest in {broken.SOUND, broken.COUNTING}
