import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from streamlit.testing.v1 import AppTest

from tests.messages.catalogue import FILE, ROOT
from tests.ui.harness import TIMEOUT_SECONDS, made_run, said
from ui import i18n

WORDS = {
    "de": {
        "There is no run called {name!r}.": "Es gibt keinen Lauf namens {name!r}.",
        "Choose a text.": "Wähle einen Text.",
        "{amount} million": "{amount} Millionen",
        ("{count:,} run", "{count:,} runs"): ("{count:,} Lauf", "{count:,} Läufe"),
    },
    "pl": {
        "There is no run called {name!r}.": "{name!r}: nie ma takiej próby.",
        "Choose a text.": "Wybierz tekst.",
        ("{count:,} run", "{count:,} runs"): (
            "{count:,} próba",
            "{count:,} próby",
            "{count:,} prób",
        ),
    },
}


@pytest.fixture
def two_languages(tmp_path, monkeypatch):
    for language, texts in WORDS.items():
        catalogue = Catalog(locale=language)
        for text, translation in texts.items():
            catalogue.add(text, translation)
        file = tmp_path / language / "LC_MESSAGES" / "minigpt.po"
        file.parent.mkdir(parents=True)
        with file.open("wb") as binary:
            write_po(binary, catalogue)
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)


def page():
    import streamlit as st

    from minigpt.errors import RunError
    from ui.i18n import _, ngettext
    from ui.messages import show_error

    st.text(_("Choose a text."))
    st.text(ngettext("{count:,} run", "{count:,} runs", 5))
    st.text(_("This is said by nobody else."))
    show_error(RunError("There is no run called {name!r}.", name="emma"))


def visitor(language=None):
    at = AppTest.from_function(page, default_timeout=TIMEOUT_SECONDS)
    if language:
        at.session_state[i18n.CHOSEN] = language
    return at


def heard(at):
    at.run()
    assert not at.exception
    return [*said(at.text), said(at.error)[0].replace("\\", "")]


GERMAN = ["Wähle einen Text.", "5 Läufe", "This is said by nobody else.",
          "Es gibt keinen Lauf namens 'emma'."]  # fmt: skip
POLISH = ["Wybierz tekst.", "5 prób", "This is said by nobody else.",
          "'emma': nie ma takiej próby."]  # fmt: skip
ENGLISH = ["Choose a text.", "5 runs", "This is said by nobody else.",
           "There is no run called 'emma'."]  # fmt: skip


def test_two_visitors_are_spoken_to_in_two_languages_at_once(two_languages):
    first, second, third = visitor("de"), visitor("pl"), visitor()
    for _ in range(2):  # by turns, all three sessions open
        assert heard(first) == GERMAN
        assert heard(second) == POLISH
        assert heard(third) == ENGLISH


@pytest.mark.parametrize("unknown", ["fr", "../../etc", "de/../pl", "x" * 5000])
def test_a_language_without_a_catalogue_is_english(two_languages, unknown):
    assert heard(visitor(unknown)) == ENGLISH


def test_without_any_catalogue_everything_is_english():
    assert heard(visitor("de")) == ENGLISH


def test_where_there_is_no_visitor_it_is_english(two_languages):
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(i18n.translated, "Choose a text.").result() == "Choose a text."


@pytest.mark.parametrize(
    ("locale", "expected"), [("de-AT", "de"), ("de", "de"), ("pl-PL", "pl"), ("en-GB", "en")]
)
def test_the_browser_is_asked_where_nothing_was_chosen(two_languages, speak, locale, expected):
    speak(locale)
    assert i18n.language() == expected


def test_what_people_typed_is_never_filled_in(two_languages):
    assert i18n.translated("a run called {name}") == "a run called {name}"


@pytest.fixture
def one_strange_language(tmp_path, monkeypatch):
    """A language in which every text of the catalogue stands in brackets."""
    texts = read_po(io.BytesIO(FILE.read_bytes()))
    catalogue = Catalog(locale="eo")
    for message in texts:
        if isinstance(message.id, tuple):
            catalogue.add(message.id, tuple(f"⟦{one}⟧" for one in message.id))
        elif message.id:
            catalogue.add(message.id, f"⟦{message.id}⟧")
    file = tmp_path / "eo" / "LC_MESSAGES" / "minigpt.po"
    file.parent.mkdir(parents=True)
    with file.open("wb") as binary:
        write_po(binary, catalogue)
    monkeypatch.setattr(i18n, "LOCALES", tmp_path)


@pytest.mark.parametrize(
    "page", ["home", "corpus", "train", "runs", "run", "generate", "attention", "inside"]
)
def test_what_a_page_says_is_said_in_the_visitors_language(page, one_strange_language):
    run = made_run(name="Emma")
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=TIMEOUT_SECONDS)
    at.session_state[i18n.CHOSEN] = "eo"
    at.query_params["run"] = run.id
    at.run()
    assert not at.exception
    labels = [one.label for kind in LABELLED for one in at.get(kind)]
    words = [*said(at.title), *said(at.subheader), *said(at.caption), *filter(None, labels)]
    assert words
    # What people typed stays as it is.
    assert {one for one in words if not one.startswith("⟦")} <= {"Emma"}


LABELLED = ("button", "text_input", "text_area", "selectbox", "number_input", "metric", "slider")


def test_a_text_said_later_is_said_to_whoever_is_there(two_languages, speak):
    later = i18n.Later("Choose a text.")
    assert str(later) == "Choose a text."
    speak("de")
    assert str(later) == "Wähle einen Text."


def numbers():
    from datetime import datetime

    import streamlit as st

    from minigpt.sentences import Sentence, numeral
    from ui import i18n, wording

    told = Sentence(
        "{count:,} and {loss:.4f} of {name!r}, {exact!r}",
        count=12000, loss=2.5, name="1,000.5", exact=0.25,
    )  # fmt: skip
    st.text(i18n.translated(told))
    st.text(i18n.translated(Sentence("nearly {much}", much=numeral(1234.5, ",.1f"))))
    st.text(wording.loss(2.5))
    st.text(wording.count(65536))
    st.text(wording.number(1_234_567))
    st.text(i18n.numeral(-0.5, "+.3f"))
    st.text(i18n.time_of_day(datetime(2026, 1, 2, 13, 4, 5)))


def test_numbers_have_the_marks_of_the_language_and_names_keep_theirs(two_languages):
    at = AppTest.from_function(numbers, default_timeout=TIMEOUT_SECONDS)
    at.run()
    assert said(at.text) == [
        "12,000 and 2.5000 of '1,000.5', 0.25", "nearly 1,234.5", "2.5000", "65,536",
        "1.23 million", "-0.500", "13:04:05",
    ]  # fmt: skip
    at.session_state[i18n.CHOSEN] = "de"
    at.run()
    assert said(at.text) == [
        "12.000 and 2,5000 of '1,000.5', 0,25", "nearly 1.234,5", "2,5000", "65.536",
        "1,23 Millionen", "-0,500", "13:04:05",
    ]  # fmt: skip


def test_the_address_goes_before_what_was_chosen_and_that_before_the_browser(two_languages):
    at = visitor()
    at.session_state[i18n.CHOSEN] = "pl"
    at.query_params[i18n.LANGUAGE] = "de"
    assert heard(at) == GERMAN
    at.query_params.clear()
    assert heard(at) == POLISH


def test_a_language_is_looked_up_once_for_each_drawing_of_a_page(two_languages, monkeypatch):
    asked = []

    def ask():
        asked.append("de" if len(asked) == 0 else "pl")
        return asked[-1:]

    monkeypatch.setattr(i18n, "_asked_for", ask)
    assert heard(visitor()) == GERMAN  # although it is asked four times
    assert heard(visitor()) == POLISH
    assert asked == ["de", "pl"]


def test_it_is_looked_up_anew_when_that_is_asked_for(two_languages):
    def page():
        import streamlit as st

        from ui.i18n import _, ask_anew

        st.text(_("Choose a text."))
        st.session_state["last-lang"] = "pl"
        st.text(_("Choose a text."))
        ask_anew()
        st.text(_("Choose a text."))

    at = AppTest.from_function(page, default_timeout=TIMEOUT_SECONDS)
    at.session_state[i18n.CHOSEN] = "de"
    at.run()
    assert said(at.text) == [GERMAN[0], GERMAN[0], POLISH[0]]
