import re
from pathlib import Path

from minigpt.sentences import ENGLISH
from ui.components import glossary
from ui.components.glossary import TERMS, meaning_of

UI = Path(glossary.__file__).parents[1]


def test_several_words_are_explained_one_after_the_other():
    assert meaning_of("head", "layer").split("\n\n") == [TERMS["head"], TERMS["layer"]]
    assert ENGLISH.gettext(TERMS["head"]) == TERMS["head"]


def test_each_explanation_begins_with_its_word():
    for name, words in TERMS.items():
        assert words.startswith("**")
        assert name in words.partition("**:")[0].casefold() or name == "parameter", name


def test_every_word_that_a_page_asks_for_is_there():
    asked = {
        word
        for path in [*UI.rglob("*.py"), *UI.with_name("pages").glob("*.py")]
        for call in re.findall(r"meaning_of\(([^)]*)\)", path.read_text("utf-8"))
        for word in re.findall(r'"([^"]+)"', call)
    }
    assert {"loss", "validation", "nats", "token", "parameter", "step"} <= asked <= set(TERMS)
