import gettext
import pickle
from pathlib import Path

import pytest

from minigpt.errors import CorpusError
from minigpt.sentences import N_, Sentence, abbreviate, join_sentences, plural, translated

SAID = {
    "There is no file {path}.": "{path} elif on si erehT.",
    "true or false": "eslaf ro eurt",
    "It must be {wanted}.": "{wanted} eb tsum tI.",
}


class Upside(gettext.NullTranslations):
    """A language that says everything backwards, but for the places to fill."""

    def gettext(self, message):
        return SAID.get(message, message)

    def ngettext(self, one, many, count):
        return {"{count} run": "{count} nur", "{count} runs": "{count} snur"}[
            one if count == 2 else many  # not the English rule
        ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (24.5, "24.5"), (True, "True"), (None, "None"), ("two", "'two'"), ([1, "a"], "[1, 'a']"),
        (10**5000, "1e5000"), (-(10**5000), "-1e5000"), ([10**5000], "[1e5000]"),
        ("x" * 101, "'" + "x" * 100 + "…'"), (CorpusError("no"), "<CorpusError>"),
    ],
    ids=lambda _: "",  # pytest would write out the numbers
)  # fmt: skip
def test_what_a_stranger_wrote_is_said_briefly(value, said):
    assert Sentence("{value!r}", value=abbreviate(value)) == said


def test_a_sentence_is_its_english_text():
    sentence = Sentence("There is no file {path}.", path=Path("a.txt"))
    assert sentence == "There is no file a.txt."
    assert (sentence.template, sentence.values) == ("There is no file {path}.", {"path": "a.txt"})


def test_it_can_be_said_in_another_language():
    error = CorpusError("There is no file {path}.", path="a.txt", field="corpus")
    assert error.message.translated(Upside()) == "a.txt elif on si erehT."
    assert str(error) == "There is no file a.txt."


def test_a_value_that_is_a_sentence_is_translated_with_it():
    outer = Sentence("It must be {wanted}.", wanted=Sentence(N_("true or false")))
    assert outer == "It must be true or false."
    assert outer.translated(Upside()) == "eslaf ro eurt eb tsum tI."


def test_sentences_of_a_list_are_translated_each_by_itself():
    said = join_sentences(
        [Sentence("There is no file {path}.", path="a.txt"), "{typed} by people"], " "
    )
    assert said == "There is no file a.txt. {typed} by people"
    assert said.translated(Upside()) == "a.txt elif on si erehT. {typed} by people"
    assert join_sentences([]) == join_sentences([]).translated(Upside()) == ""


def test_each_language_counts_by_its_own_rule():
    assert [plural("{count} run", "{count} runs", n) for n in (0, 1, 2)] == [
        "0 runs", "1 run", "2 runs",
    ]  # fmt: skip
    assert plural("{count} run", "{count} runs", 2).translated(Upside()) == "2 nur"


@pytest.mark.parametrize(
    ("value", "printed", "said"),
    [
        (Path("/srv/runs/a.txt"), "/srv/runs/a.txt", "a.txt"),
        (Path("/"), "/", "/"),
        (
            PermissionError(13, "Permission denied", "/srv/runs"),
            "[Errno 13] Permission denied: '/srv/runs'",
            "Permission denied",
        ),
        (ValueError("no"), "no", "no"),
    ],
)
def test_visitors_read_where_a_file_lies_no_more_than_its_name(value, printed, said):
    inner = Sentence("There is no file {path}.", path=value)
    for sentence in (inner, pickle.loads(pickle.dumps(inner))):
        assert sentence == f"There is no file {printed}."
        assert sentence.translated(Upside()) == f"{said} elif on si erehT."
    assert printed in Sentence("It must be {wanted}.", wanted=inner)
    outer = Sentence("It must be {wanted}.", wanted=inner)
    assert outer.translated(Upside()) == f"{said} elif on si erehT. eb tsum tI."


def test_what_visitors_read_can_be_kept_and_translated_later():
    inner = Sentence("There is no file {path}.", path=Path("/srv/runs/a.txt"))
    said = Sentence("It must be {wanted}.", wanted=inner).as_said()
    assert said == "It must be There is no file a.txt.."
    assert said.translated(Upside()) == "a.txt elif on si erehT. eb tsum tI."
    assert plural("{count} run", "{count} runs", 2).as_said().translated(Upside()) == "2 nur"
    assert Sentence('{"a": 1}').as_said() == '{"a": 1}'


def test_without_values_braces_are_text():
    assert Sentence('{"a": 1}') == '{"a": 1}'
    assert Sentence('{"a": 1}').translated(Upside()) == '{"a": 1}'


def test_values_keep_their_format_in_every_language():
    assert Sentence("{a!r} {b:,} {c:.2f}", a="x", b=1200, c=0.125) == "'x' 1,200 0.12"


def test_a_template_without_its_values_is_a_mistake():
    with pytest.raises(KeyError):
        Sentence("There is no file {path}.", name="a.txt")


def test_a_whole_sentence_may_be_raised():
    sentence = Sentence("There is no file {path}.", path="a.txt")
    assert CorpusError(sentence, field="corpus").message is sentence


@pytest.mark.parametrize(
    "sentence",
    [Sentence("There is no file {path}.", path="a"), plural("{count} run", "{count} runs", 1)],
)
def test_it_survives_being_sent_to_another_process(sentence):
    sent = pickle.loads(pickle.dumps(sentence))
    assert sent == sentence
    assert (sent.template, sent.many, sent.values) == (
        sentence.template, sentence.many, sentence.values,
    )  # fmt: skip


def test_words_are_translated_where_they_are_shown():
    assert translated(N_("true or false"), Upside()) == "eslaf ro eurt"
    assert translated("", Upside()) == ""
