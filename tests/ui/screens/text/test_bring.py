import io

import docx
import pytest
import streamlit as st

from minigpt.corpora import MAX_CHARACTERS, load_corpus
from minigpt.corpora.user_texts import brought_texts, user_texts
from tests.ui.harness import SMALL_TEXT, plain, said
from ui.screens.text.bring import KEPT, LARGEST_EDITABLE
from ui.services import texts

HOSTILE = "<script>alert(1)</script> **not bold** $x$\n"


def bring():
    from ui.screens.text.bring import bring_text

    bring_text()


def button(at, label):
    return next(button for button in at.button if button.label == label)


def upload(at, data, name="story.txt"):
    at.file_uploader[0].upload(name, data, "text/plain").run()
    button(at, "Keep this file").click().run()
    return at


def paste(at, text, title=""):
    at.text_area[0].set_value(text)
    at.text_input[0].set_value(title)
    button(at, "Keep this text").click().run()
    return at


def test_an_uploaded_file_becomes_a_text_named_after_it(draw):
    at = upload(draw(bring), SMALL_TEXT.encode(), "My story.v2.txt")
    name = at.query_params["corpus"]
    assert load_corpus(name).text == SMALL_TEXT
    assert load_corpus(name).title == "My story.v2"
    assert not at.error
    assert not at.exception


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty (0 bytes)."),
        (b"aaaa", "repeats one character, 'a'"),
        (b"a", "repeats one character, 'a'"),
        (b" \n ", "The text is empty."),
        (b"caf\xe9 au lait", "Byte 3 of the file (0xe9, in line 1) is not UTF-8."),
        (b"\x89PNG\x00\x00", "This is not a text file"),
    ],
)
def test_a_file_that_is_no_text_is_refused_in_words(draw, data, words):
    at = draw(bring)
    if data:
        upload(at, data)
    else:
        at.file_uploader[0].upload("empty.txt", b"", "text/plain").run()
        button(at, "Keep this file").click().run()
    assert words in plain(at.error[0].value)
    assert user_texts() == []
    assert not at.exception


def test_before_a_file_is_chosen_there_is_nothing_to_keep(draw):
    at = draw(bring)
    assert not [button for button in at.button if button.label == "Keep this file"]
    assert not at.exception


def test_a_pasted_text_is_kept_under_its_title(draw):
    at = paste(draw(bring), HOSTILE * 20, "Notes <b>")
    corpus = load_corpus(at.query_params["corpus"])
    assert corpus.text == HOSTILE * 20
    assert corpus.title == "Notes <b>"
    assert not at.exception


def test_a_title_is_shown_literally(draw, monkeypatch):
    import streamlit as st

    monkeypatch.setattr(st, "rerun", lambda: None)
    at = paste(draw(bring), HOSTILE, "*Notes* :material/home:")
    assert plain(at.toast[0].value) == "*Notes* :material/home: is kept."
    assert at.session_state[KEPT] == 1  # so it is another popover now, which is closed
    assert ":material/home:" not in at.toast[0].value
    assert not at.exception


def test_a_pasted_text_without_a_title_gets_one(draw):
    at = paste(draw(bring), "ab" * 50)
    assert load_corpus(at.query_params["corpus"]).title == "My text"
    assert not at.exception


@pytest.mark.parametrize(
    ("text", "words"), [("", "The text is empty."), ("zzz", "repeats one character, 'z'")]
)
def test_a_pasted_text_that_no_model_can_learn_from_is_refused(draw, text, words):
    at = paste(draw(bring), text)
    assert words in plain(at.error[0].value)
    assert "corpus" not in at.query_params
    assert not at.exception


def fetch(at, url):
    at.text_input[1].set_value(url).run()
    button(at, "Fetch this address").click().run()
    return at


def test_a_text_is_fetched_from_its_address_and_named_after_it(draw, monkeypatch):
    asked = []
    monkeypatch.setattr("ui.services.texts.fetch_text", lambda url: asked.append(url) or SMALL_TEXT)
    at = draw(bring)
    fetch(at, " https://example.org/texts/sea.txt?raw=1 ")
    assert asked == ["https://example.org/texts/sea.txt?raw=1"]
    assert load_corpus(at.query_params["corpus"]).title == "sea.txt"
    assert not at.exception


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/secret", "file:///etc/passwd", "nonsense"])
def test_an_address_that_is_not_public_is_refused_in_words(draw, url):
    at = fetch(draw(bring), url)
    assert "No text could be fetched from that address." in plain(at.error[0].value)
    assert user_texts() == []
    assert not at.exception


def edit(text):
    from minigpt.corpora import Corpus
    from ui.screens.text.bring import edit_text

    edit_text(Corpus(name="small", title="Small", text=text))


def test_an_edited_text_is_kept_beside_the_original(draw):
    at = draw(edit, text="abc\n" * 30)
    at.text_area[0].set_value("abd\n" * 30).run()
    at.button[0].click().run()
    kept = load_corpus(at.query_params["corpus"])
    assert (kept.title, kept.text) == ("Small, edited", "abd\n" * 30)
    assert not at.exception


def test_a_text_too_long_for_a_text_box_is_not_put_into_one(draw):
    assert LARGEST_EDITABLE < MAX_CHARACTERS
    at = draw(edit, text="ab" * LARGEST_EDITABLE)
    assert not at.text_area
    assert said(at.button) == []
    assert not at.exception


@pytest.mark.parametrize("name", ["film.srt", "Makefile", "drugs.smi", "gene.fasta", "NOTES.TEX"])
def test_a_file_that_is_text_is_taken_whatever_its_ending(draw, name):
    at = draw(bring)
    at.file_uploader[0].upload(name, SMALL_TEXT.encode(), "application/octet-stream").run()
    button(at, "Keep this file").click().run()
    kept = load_corpus(at.query_params["corpus"])
    assert (kept.text, kept.title) == (SMALL_TEXT, name.split(".")[0])
    assert not at.error


def test_the_text_of_a_word_file_is_kept(draw):
    document = docx.Document()
    document.add_paragraph("A letter from the sea.")
    file = io.BytesIO()
    document.save(file)
    at = draw(bring)
    at.file_uploader[0].upload("letter.docx", file.getvalue(), "application/octet-stream").run()
    button(at, "Keep this file").click().run()
    assert load_corpus(at.query_params["corpus"]).text == "A letter from the sea.\n"


@pytest.mark.parametrize(("server", "most"), [(300, 50), (25, 25)])
def test_the_lower_limit_holds_and_is_told(draw, monkeypatch, server, most):
    options = {"server.maxUploadSize": server}
    real = st.get_option
    monkeypatch.setattr(st, "get_option", lambda name: options.get(name) or real(name))
    uploader = draw(bring).file_uploader[0]
    assert uploader.proto.max_upload_size_mb == most
    assert f"at most {most} MB" in uploader.help
    assert "--file" in uploader.help


def test_what_is_brought_has_an_owner_and_a_limit(draw, monkeypatch):
    at = paste(draw(bring), "ab cd\n" * 50)
    assert [owner for owner, _ in brought_texts()] == ["visitor"]
    monkeypatch.setenv("MINIGPT_BROUGHT_PER_OWNER", "0.001")
    paste(at, "ef gh\n" * 500)
    assert "You have brought 0 MB to this server" in plain(at.error[0].value)
    assert len(user_texts()) == 1
    assert not at.exception


@pytest.mark.parametrize(
    ("closed", "left"),
    [
        ("texts", ["Fetch this address"]),
        ("addresses", ["Keep this text"]),
        ("texts,addresses", []),
    ],
)
def test_a_teacher_can_close_the_ways_to_bring_a_text(draw, monkeypatch, closed, left):
    monkeypatch.setenv("MINIGPT_CLOSED", closed)
    at = draw(bring)
    assert [button.label for button in at.button] == left
    assert len([words for words in said(at.caption) if "closed on this server" in words]) == (
        len(closed.split(","))
    )
    assert not at.exception


def test_where_others_fetch_already_one_is_told_so(draw, monkeypatch):
    for _ in range(texts.FETCHES_AT_ONCE):
        assert texts._fetching.acquire(blocking=False)
    try:
        at = fetch(draw(bring), "https://example.org/a.txt")
    finally:
        texts._fetching.release(texts.FETCHES_AT_ONCE)
    assert "Others are fetching texts just now." in plain(at.error[0].value)
    assert not at.exception
