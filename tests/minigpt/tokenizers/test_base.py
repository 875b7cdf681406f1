import subprocess
import sys
import unicodedata
from dataclasses import FrozenInstanceError

import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers import Piece
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.word import WordTokenizer


def test_a_piece_is_known_unless_it_says_otherwise_and_cannot_change():
    piece = Piece(3, "a")
    assert not piece.is_unknown
    with pytest.raises(FrozenInstanceError):
        piece.id = 4


def test_a_wrong_id_is_explained_with_the_valid_range():
    with pytest.raises(TokenizerError, match="between 0 and 3; -2 to 9 were given"):
        CharacterTokenizer.train("hello").decode([0, 9, -2])


def test_importing_the_package_loads_no_heavy_library():
    code = (
        "import sys, minigpt.tokenizers;"
        "heavy = {'tokenizers', 'tiktoken', 'requests', 'torch', 'numpy', 'streamlit'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("kind", [CharacterTokenizer, WordTokenizer])
def test_accents_are_read_in_either_form(form, kind):
    seen = unicodedata.normalize(form, "chào buổi sáng, Việt Nam")
    tokenizer = kind.train(seen)
    for typed in ("NFC", "NFD"):
        text = unicodedata.normalize(typed, "Việt Nam")
        assert tokenizer.decode(tokenizer.encode(tokenizer.known_form(text))) in seen
    assert tokenizer.known_form("ß?") == "ß?"
