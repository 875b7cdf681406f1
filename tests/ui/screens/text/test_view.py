import pytest

from minigpt.corpora import CORPORA, add_text, load_corpus
from minigpt.corpora.statistics import long_run_entropies, statistics
from tests.ui.harness import SMALL_TEXT, chart, links, plain, said, texts
from ui.screens.text.view import PREVIEW_CHARACTERS

LONGER = [f"sequences of {length} characters" for length in (4, 5, 6)]
HOSTILE = "<script>alert(1)</script> **bold** _it_ $x$ [a](http://x.y)\n"


def show(name):
    from ui.navigation import ensure_frame
    from ui.screens.text.view import show_corpus
    from ui.services import runs

    ensure_frame()
    show_corpus(runs.corpus(name))


def test_sizes_are_those_of_the_text(draw):
    at = draw(show, name="tiny-shakespeare")
    assert {metric.label: metric.value for metric in at.metric} == {
        "Characters": "3,910",
        "Different ones": str(len(set(SMALL_TEXT))),
        "Lines": "80",
        "To be judged by": "391",
    }
    assert len(SMALL_TEXT) == 3910
    assert not at.exception


def test_the_ladder_shows_the_entropies_to_four_decimals(draw):
    at = draw(show, name="tiny-shakespeare")
    found = statistics(load_corpus("tiny-shakespeare")).entropies
    ladder = chart(at, "entropy-ladder")
    assert ladder["yAxis"]["data"] == [
        "even guess", "character counts", "character pairs", "character triples", *LONGER,
    ]  # fmt: skip
    longer = long_run_entropies(load_corpus("tiny-shakespeare"))
    exact = [found.uniform, found.unigram, found.bigram, found.trigram]
    exact += [longer[int(name.split()[2])] for name in LONGER]
    assert [bar["value"] for bar in ladder["series"][0]["data"]] == pytest.approx(
        exact, abs=0.00005
    )
    assert f"character pairs {found.bigram:.4f}" in at.get_by_key("entropy-ladder").proto.alt
    assert not at.exception


def test_of_a_text_made_by_a_rule_the_least_loss_is_told(draw):
    at = draw(show, name="reversal")
    least = CORPORA["reversal"].least_loss(load_corpus("reversal").validation_text)
    ladder = chart(at, "entropy-ladder")
    assert ladder["yAxis"]["data"][-1] == "knowing its rule"
    assert ladder["series"][0]["data"][-1]["value"] == pytest.approx(least, abs=0.00005)
    assert any(f"{least:.4f}" in words for words in said(at.caption))
    assert not at.exception


def test_the_most_frequent_characters_come_with_their_share(draw):
    at = draw(show, name="tiny-shakespeare")
    bars = chart(at, "frequent")
    assert bars["yAxis"]["data"][0] == "␣"
    assert len(bars["yAxis"]["data"]) == 10
    share = 100 * SMALL_TEXT.count(" ") / len(SMALL_TEXT)
    assert bars["series"][0]["data"][0]["value"] == pytest.approx(share, abs=0.05)
    assert not at.exception


def test_hostile_text_is_shown_as_the_text_it_is(draw):
    corpus = add_text("Hostile", HOSTILE * 60)
    at = draw(show, name=corpus.name)
    alphabet, preview = texts(at)
    assert preview == corpus.text[:PREVIEW_CHARACTERS]
    assert alphabet.startswith("↵ ␣ $ ( ) *")
    everywhere_else = [*said(at.markdown), *said(at.caption), *said(at.subheader)]
    assert not any("script" in words for words in everywhere_else)
    assert not at.exception


def test_the_way_to_train_on_it_names_the_text(draw):
    at = draw(show, name="sentences")
    assert links(at)["Train on this text"] == ("train", "corpus=sentences")
    assert not at.exception


def test_a_text_too_short_for_presets_says_for_which_and_what_to_do(draw):
    corpus = add_text("Greeting", "Hello class, good morning.\n" * 20)
    at = draw(show, name=corpus.name)
    characters, *_ = map(plain, said(at.warning))
    assert "Cut into characters, this text has 486 to train on and 54 to be judged by" in characters
    assert "too few for the context of “Quick”" in characters
    assert "at most 53" in characters
    assert "Bigram" not in characters
    assert not at.exception


def test_a_text_of_one_line_is_too_short_for_any_context(draw):
    at = draw(show, name=add_text("Line", "ab cd ef").name)
    assert any("too few for any context" in plain(words) for words in said(at.warning))
    assert not at.exception


def test_a_long_text_is_not_called_short(draw):
    at = draw(show, name="reversal")
    assert not any("Cut into" in words for words in said(at.warning))
