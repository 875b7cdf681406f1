import pytest

from minigpt.lessons.whole_gpt.ways_around import before_after, gradients


def test_without_a_way_around_the_gradient_fades_with_every_part():
    seen = gradients(8)
    assert seen.arriving < 1e-3
    assert list(seen.through) == sorted(seen.through)
    assert min(seen.around) > 0.9
    assert gradients(1).arriving > gradients(4).arriving > seen.arriving


def test_with_the_norm_before_the_stream_grows_and_after_it_stays():
    seen = before_after(12)
    assert seen.growth > 1.1
    assert list(seen.pre_sizes) == sorted(seen.pre_sizes)
    assert seen.post_sizes == pytest.approx([1.0] * 12, abs=1e-3)


def test_gradients_are_told_relative_to_that_of_the_last_part():
    seen = before_after(5)
    assert seen.pre_gradients[-1] == seen.post_gradients[-1] == 1
    assert len(seen.pre_gradients) == len(seen.post_sizes) == 5
