import pytest

from minigpt.reading.places import places
from minigpt.tokenizers import TOKENIZERS
from ui.screens.generate.reading.passage import tokens_in_spans

TEXT = "The café on the road. " * 8


@pytest.mark.parametrize("kind", ["character", "byte", "bpe"])
@pytest.mark.parametrize(("start", "end"), [(0, 3), (4, 8), (7, 8), (0, len(TEXT)), (5, 40)])
def test_marked_tokens_hold_all_the_characters(kind, start, end):
    placed = places(TOKENIZERS[kind].train(TEXT), TEXT)
    [(first, last)] = tokens_in_spans(placed, [(start, end)])
    assert placed[first].start <= start < placed[first].end or placed[first].end > start
    assert placed[last - 1].end >= end
    assert placed[last - 1].start < end  # no token too many
