import pytest

from minigpt.introspection.vectors.gathering import Gathering
from ui.screens.inside.vectors.layout import kind_of
from ui.screens.inside.vectors.vowels import in_words


@pytest.mark.parametrize(
    ("token", "kind"),
    [("a", "vowel"), ("z", "letter"), ("A", "other"), ("ae", "other"), ("", "other")],
)  # fmt: skip
def test_vowels_and_small_letters_have_colours_of_their_own(token, kind):
    assert kind_of(token) == kind


def test_what_is_said_of_vowels_has_its_chance_level():
    found = Gathering(within=0.25, all_pairs=0.05, as_close=2, groups=65780)
    words = in_words(found, 2000)
    assert "**0.250** on average, any two small letters 0.050: +0.200 above chance" in words
    assert "Of all 65,780 groups of five letters 2 are as close" in words
