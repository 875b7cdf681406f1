import pytest

from minigpt.corpora.builtin import read_python_docs
from minigpt.errors import CorpusError


def test_is_a_large_text_about_python() -> None:
    text = read_python_docs()
    assert len(text) > 300_000
    assert 'The "assert" statement' in text


def test_is_the_same_each_time() -> None:
    assert read_python_docs() == read_python_docs()


@pytest.mark.parametrize("module", ["pydoc_data.missing", "json"])
def test_python_without_documentation_is_explained(module: str) -> None:
    with pytest.raises(CorpusError, match="short sentences") as raised:
        read_python_docs(module)
    assert raised.value.field == "corpus"
