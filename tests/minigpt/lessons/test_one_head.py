import pytest

from minigpt.lessons.one_head import head_stages, score_variances, sharpen_scores


def test_the_lectures_head_without_scaling():
    seen = head_stages()
    assert seen.weights[0].tolist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert seen.weights[1].tolist() == pytest.approx([0.1574, 0.8426, *[0] * 6], abs=5e-5)
    assert seen.weights[7].tolist() == pytest.approx(
        [0.0210, 0.0843, 0.0555, 0.2297, 0.0573, 0.0709, 0.2423, 0.2391], abs=5e-5
    )
    assert seen.shape == (4, 8, 16)
    assert seen.parameters == 3 * 32 * 16
    assert seen.masked[0, 1].item() == float("-inf")
    assert seen.out[0].tolist() == pytest.approx(seen.v[0].tolist(), abs=1e-6)


def test_the_lectures_variances():
    seen = score_variances(16)
    assert seen.k_var == pytest.approx(1.0449, abs=5e-5)
    assert seen.q_var == pytest.approx(1.0700, abs=5e-5)
    assert seen.scaled == pytest.approx(1.0918, abs=5e-5)
    assert seen.unscaled == pytest.approx(16 * seen.scaled, rel=1e-5)


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        (1.0, [0.1925, 0.1426, 0.2351, 0.1426, 0.2872]),
        (8.0, [0.0326, 0.0030, 0.1615, 0.0030, 0.8000]),
    ],
)
def test_large_scores_make_the_softmax_pick_one(factor, expected):
    assert sharpen_scores(factor).sharp.tolist() == pytest.approx(expected, abs=5e-5)
    assert sharpen_scores(factor).plain.tolist() == pytest.approx(
        [0.1925, 0.1426, 0.2351, 0.1426, 0.2872], abs=5e-5
    )
