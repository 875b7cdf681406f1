import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from tests.messages import translations
from tests.messages.translations import brought_up, files, language_of, missing, mistakes, read


@pytest.mark.parametrize("file", files(), ids=language_of)
def test_a_translation_fills_in_the_same_values_and_keeps_the_marks(file):
    assert not list(mistakes(file))


@pytest.mark.parametrize("file", files(), ids=language_of)
def test_a_translation_is_written_as_make_messages_writes_it(file):
    kept = {message.id: message.string for message in read(file) if is_said(message)}
    again = file.parent / "again.po"
    try:
        again.write_bytes(brought_up(file))
        assert {one.id: one.string for one in read(again) if is_said(one)}.items() <= kept.items()
    finally:
        again.unlink()


def is_said(message):
    # Not the head, which has the minute of its reading in it. Of a plural that nobody has
    # translated, all forms are empty.
    return bool(message.id) and any(message.string or ())


@pytest.fixture
def spoilt(tmp_path):
    """A translation with one mistake, of which the catalogue has the message."""

    def written(text, said, *flags):
        catalogue = Catalog(locale="id")
        catalogue.add(text, said, flags=flags)
        file = tmp_path / "id" / "LC_MESSAGES" / "minigpt.po"
        file.parent.mkdir(parents=True)
        with file.open("wb") as binary:
            write_po(binary, catalogue)
        return file

    return written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{name} cannot be shown. {why}", "{name} tidak dapat ditampilkan."),
        ("Step {step:,}", "Langkah {step}"),
        ("Step {step:,}", "Langkah {langkah:,}"),
        ("**Loss**: low", "Loss: rendah"),
        ("one\n\ntwo", "satu, dua"),
        ("Use `pip install`.", "Gunakan pip install."),
        (("{count} run", "{count} runs"), ("percobaan",)),
    ],
)
def test_a_translation_that_says_something_else_is_found(spoilt, text, said):
    assert list(mistakes(spoilt(text, said)))


def test_what_is_missing_or_unsure_is_found(spoilt, monkeypatch):
    some = translations.messages()[0]
    file = spoilt(some.id, "Belum ada.", "fuzzy")
    assert len(missing(file)) == len(translations.messages())


@pytest.mark.parametrize("file", files(), ids=language_of)
def test_nothing_is_missing(file):
    assert not missing(file)
