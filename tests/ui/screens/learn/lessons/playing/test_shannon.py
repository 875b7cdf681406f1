import pytest

from minigpt.lessons.playing.guesses import GIVEN_UP
from minigpt.lessons.playing.rivals import Game, Rival
from ui.charts.figures import NumberTable, Tokens
from ui.screens.learn.lessons.playing.shannon import PLAY
from ui.screens.learn.lessons.playing.shannon_bits import HALF, HUNDREDTH, LATE, LEARNT, TENTH


@pytest.fixture
def seen():
    """Six letters, of which the model would find four at once."""
    return Game(
        passage=1, before="the ", text="Cat sa", symbols=tuple(" abcdefghijklmnopqrstuvwxyz"),
        steps={0: Rival(ranks=(9,) * 6, bits=(5.0,) * 6),
               10: Rival(ranks=(3, 1, 1, 1, 2, 1), bits=(3.0, 1.0, 1.0, 1.0, 2.0, 1.0))},
        counts={1: Rival(ranks=(4,) * 6, bits=(4.0,) * 6)},
    )  # fmt: skip


def tables(seen, guess):
    return {one.title: one for one in PLAY.after(seen, guess) if isinstance(one, NumberTable)}


def test_everybody_is_judged_on_the_letters_that_were_guessed(seen):
    bounds, everybody = tables(seen, "xc" + "at " + "s").values()
    assert everybody.title == "Everybody on these 5 letters"
    assert everybody.rows[0] == "you"
    assert everybody.values[0] == [4, 6 / 5, None]
    assert everybody.values[-1] == [3, 8 / 5, 8 / 5]
    assert bounds.rows == ["you", "the model at step 10"]
    assert "Of 5 letters you found 4 at the first guess, the model 3." in PLAY.told(seen, "xcat s")


def test_who_guessed_nothing_sees_the_others_on_all_letters(seen):
    bounds, everybody = tables(seen, None).values()
    assert bounds.rows == ["the model at step 10"]
    assert everybody.title == "Everybody on these 6 letters"
    assert "you" not in everybody.rows
    assert "would have found 4 at the first guess" in PLAY.told(seen, None)


def test_a_letter_given_up_is_shown_with_what_it_counts(seen):
    mine = next(one for one in PLAY.after(seen, GIVEN_UP * 6) if isinstance(one, Tokens))
    assert list(mine.below) == [14] * 6
    assert mine.tokens == "Cat sa"


@pytest.mark.parametrize(
    ("share", "when"), [(0.5, HUNDREDTH), (2.0, TENTH), (30.0, HALF), (80.0, LATE)]
)
def test_half_of_the_way_is_where_it_lies(share, when):
    class Seen:
        pass

    Seen.share = share
    assert LEARNT.truth(Seen) == when
