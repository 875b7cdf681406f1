import pytest

from minigpt.corpora import add_text, load_corpus
from minigpt.corpora.statistics import long_run_entropies, statistics
from tests.ui.harness import SMALL_TEXT, chart, links, said
from ui.screens.text.view import PREVIEW_CHARACTERS

LONGER = ["runs of 4 letters", "runs of 5 letters", "runs of 6 letters"]
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
        "even guess", "letter counts", "letter pairs", "letter triples", *LONGER,
    ]  # fmt: skip
    longer = long_run_entropies(load_corpus("tiny-shakespeare"))
    exact = [found.uniform, found.unigram, found.bigram, found.trigram]
    exact += [longer[int(name.split()[2])] for name in LONGER]
    assert [bar["value"] for bar in ladder["series"][0]["data"]] == pytest.approx(
        exact, abs=0.00005
    )
    assert f"letter pairs {found.bigram:.4f}" in at.get_by_key("entropy-ladder").proto.alt
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
    alphabet, preview = said(at.code)
    assert preview == corpus.text[:PREVIEW_CHARACTERS]
    assert alphabet.startswith("↵ ␣ $ ( ) *")
    everywhere_else = [*said(at.markdown), *said(at.caption), *said(at.subheader)]
    assert not any("script" in words for words in everywhere_else)
    assert not at.exception


def test_the_way_to_train_on_it_names_the_text(draw):
    at = draw(show, name="sentences")
    assert links(at)["Train on this text"] == ("train", "corpus=sentences")
    assert not at.exception
