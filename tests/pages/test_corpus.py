import pytest

from minigpt.corpora import add_text
from tests.ui.harness import SMALL_TEXT, links, plain, said, texts

HOSTILE = "<script>alert(1)</script> **bold** [a](http://x.y)\n" * 30


def button(at, label):
    return next(button for button in at.button if button.label == label)


def choice(at):
    return at.selectbox("url-corpus")


def metrics(at):
    return {metric.label: metric.value for metric in at.metric}


def test_the_first_text_is_shown_in_full(visit):
    at = visit("corpus")
    assert said(at.title) == ["Text"]
    assert choice(at).value == "tiny-shakespeare"
    assert metrics(at)["Characters"] == f"{len(SMALL_TEXT):,}"
    assert SMALL_TEXT[:2000] in texts(at)
    assert not at.exception


def test_a_link_shows_its_text(visit):
    at = visit("corpus", corpus="sentences")
    assert choice(at).value == "sentences"
    assert metrics(at)["Lines"] == "150"
    assert links(at)["Train on this text"] == ("train", "corpus=sentences")
    assert not at.exception


def test_choosing_another_text_changes_the_address(visit):
    at = visit("corpus")
    choice(at).set_value("sentences").run()
    assert at.query_params["corpus"] == "sentences"
    assert metrics(at)["Lines"] == "150"
    assert not at.exception


def test_a_link_to_a_text_that_is_gone_shows_the_first_one(visit):
    at = visit("corpus", corpus="gone-12345678")
    assert choice(at).value == "tiny-shakespeare"
    assert not at.exception


def test_a_pasted_text_can_be_chosen_and_is_chosen(visit):
    at = visit("corpus")
    at.text_area[0].set_value(HOSTILE)
    at.text_input[0].set_value("Notes <b>*x*</b>")
    button(at, "Keep this text").click().run()
    assert "Notes <b>*x*</b>" in choice(at).options
    assert choice(at).value == at.query_params["corpus"]
    assert choice(at).value.startswith("notes-b-x-b-")
    assert metrics(at)["Lines"] == "30"
    assert not at.exception


def test_hostile_text_appears_only_where_nothing_is_acted_on(visit):
    corpus = add_text("Hostile", HOSTILE)
    at = visit("corpus", corpus=corpus.name)
    assert HOSTILE[:2000] in texts(at)
    read_as_markdown = [*said(at.markdown), *said(at.caption), *said(at.subheader)]
    assert not any("<script" in words or "**bold" in words for words in read_as_markdown)
    # The frame has scripts of its own; nothing of the text is in any, and it stands there escaped.
    scripts = [html.proto for html in at.get("html") if html.proto.unsafe_allow_javascript]
    assert not any("alert(" in script.body for script in scripts)
    assert not any("<script>alert" in html.proto.body for html in at.get("html"))
    assert not at.exception


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty (0 bytes)."),
        (b"x", "repeats one character, 'x'"),
        (b"caf\xe9", "is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_and_the_page_goes_on(visit, data, words):
    at = visit("corpus")
    at.file_uploader[0].upload("story.txt", data, "text/plain").run()
    button(at, "Keep this file").click().run()
    assert words in plain(at.error[0].value)
    assert metrics(at)["Characters"] == f"{len(SMALL_TEXT):,}"
    assert not at.exception


def test_an_uploaded_file_is_shown_at_once(visit):
    at = visit("corpus")
    at.file_uploader[0].upload("story.txt", HOSTILE.encode(), "text/plain").run()
    button(at, "Keep this file").click().run()
    assert "story" in choice(at).options
    assert HOSTILE[:2000] in texts(at)
    assert not at.exception


def test_without_internet_the_first_text_is_one_that_is_here(visit, offline):
    at = visit("corpus")
    assert choice(at).value == "python-docs"
    assert not at.error
    assert not at.exception


def test_without_internet_a_link_to_shakespeare_says_why_there_is_nothing(visit, offline):
    at = visit("corpus", corpus="tiny-shakespeare")
    assert "Tiny Shakespeare" in plain(at.error[0].value)
    assert not at.metric
    assert "Short sentences" in choice(at).options
    assert not at.exception


TERMS = "".join(f"\u00a7 {n} THE LICENSEE SHALL NOT (A) SELL; (B) RENT #{n}.\n" for n in range(90))


def test_a_text_that_ends_in_something_else_is_told_with_the_way_to_train_on_it(visit):
    story = "".join(f"the old bridge number {n} is near the mill\n" for n in range(900))
    name = add_text("Story with terms", story + TERMS).name
    at = visit("corpus", corpus=name)
    [warning] = said(at.warning)
    assert "The last tenth of this text" in warning
    assert links(at)["Train, judged by paragraphs from everywhere"] == (
        "train",
        f"corpus={name}&corpus.validation=paragraphs",
    )
    assert not at.exception


def test_nothing_is_said_of_a_fair_text(visit):
    at = visit("corpus", corpus="sentences")
    assert not at.warning
