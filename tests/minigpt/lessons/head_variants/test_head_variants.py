import pytest
import torch

from minigpt.lessons.head_variants.kinds import (
    cross_attention,
    mask_taken,
    reverse_tokens,
    texts_apart,
)
from minigpt.lessons.head_variants.likeness import likeness
from minigpt.lessons.head_variants.slips import slip


def test_over_the_wrong_axis_columns_add_up_and_rows_do_not():
    seen = slip("axis")
    assert seen.changed.sum(dim=0).tolist() == pytest.approx([1.0] * 8)
    assert max(abs(one - 1) for one in seen.row_sums) > 0.5
    assert seen.right.sum(dim=1).tolist() == pytest.approx([1.0] * 8)


def test_without_a_mask_the_future_is_seen():
    assert slip("no mask").future > 0.3
    assert slip("scale").future == slip("axis").future == 0


def test_the_wrong_scale_levels_the_weights():
    seen = slip("scale")
    assert seen.changed[7].max() < seen.right[7].max()
    assert seen.row_sums == pytest.approx([1.0] * 8)


def test_length_counts_for_the_product_and_not_for_the_cosine():
    near, far = likeness(60.0, 1.0), likeness(60.0, 3.0)
    assert near.cosine == pytest.approx(far.cosine) == pytest.approx(0.5)
    assert far.dot == pytest.approx(3 * near.dot)
    assert far.scaled == pytest.approx(far.dot / 2**0.5)


def test_without_the_mask_a_token_looks_at_all_of_them():
    assert [mask_taken(token).seen_by for token in range(8)] == [8] * 8
    seen = mask_taken()
    assert torch.equal(seen.decoder.triu(1), torch.zeros(8, 8))
    assert seen.encoder.triu(1).sum() > 1


def test_another_text_has_as_many_columns_as_tokens():
    seen = cross_attention(5)
    assert seen.shape == seen.cross.shape == (8, 5)
    assert seen.cross.sum(dim=1).tolist() == pytest.approx([1.0] * 8)


def test_only_a_mask_knows_an_order():
    assert reverse_tokens(has_mask=False).largest < 1e-5
    assert reverse_tokens(has_mask=True).largest > 0.1


def test_texts_of_a_batch_never_talk():
    for kept in range(4):
        seen = texts_apart(kept)
        assert seen.of_kept < 1e-6
        assert min(change for text, change in enumerate(seen.change) if text != kept) > 0.1
