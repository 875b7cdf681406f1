import pytest

from minigpt.lessons.whole_gpt.masked import turn_token


@pytest.mark.parametrize("token", [0, 3, 7])
def test_without_a_mask_the_past_notices_the_future(token):
    seen = turn_token(token)
    assert seen.everywhere == 8
    assert seen.onwards == 8 - token
    assert (seen.masked > 0).tolist() == [place >= token for place in range(8)]
