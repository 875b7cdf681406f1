import ast

from tests.messages.catalogue import FILE, ROOT, called_texts, written


def test_the_catalogue_holds_what_the_code_says_today():
    assert FILE.read_text(encoding="utf-8") == written(), "Run `make messages` and commit it."


def test_the_catalogue_names_no_machine_and_no_day():
    text = FILE.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert "-Date" not in text


def test_it_knows_errors_plurals_and_the_help_of_settings():
    text = FILE.read_text(encoding="utf-8")
    for expected in (
        "{setting} is {value!r}; it must be {wanted}.",
        "Share of activations silenced while training, against memorising; 0 means none.",
    ):
        assert expected in text.replace('"\n"', "")


def test_it_knows_what_is_said_inside_an_f_string_and_inside_another_call():
    module = ast.parse(
        """f"**{_('First')}**"; RunError(Sentence("Second")); plural("one", "many", 3)"""
    )
    assert set(called_texts(module)) == {"First", "Second", ("one", "many")}
