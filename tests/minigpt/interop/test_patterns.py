import random
import re

import pytest
from tokenizers import Regex, pre_tokenizers

from minigpt.interop.tokenizer_export import written_out


def library_finds(pattern, text):
    """What the library's engine matches, as Python's findall would list it."""
    found = pre_tokenizers.Split(Regex(pattern), behavior="removed", invert=True)
    return [part for part, _ in found.pre_tokenize_str(text)]


@pytest.fixture(scope="module")
def every_character():
    return "".join(chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)


def test_only_classes_are_rewritten():
    assert written_out(r"'(?:ll|ve)| ?x{1,64}(?!y)\A\z") == r"'(?:ll|ve)| ?x{1,64}(?!y)\A\z"


@pytest.mark.parametrize(
    "character_class", [r"\w", r"\W", r"\s", r"\S", r"\d", r"\D", r"[^\W\d_]", r"[^\w\s]", "['’]"]
)
def test_a_class_has_the_same_characters_in_both_engines(every_character, character_class):
    runs = re.findall(f"{character_class}+", every_character)
    assert library_finds(f"{written_out(character_class)}+", every_character) == runs


def test_a_class_never_runs_across_the_surrogates():
    for character_class in (r"\S", r"\W", r"[^\w\s]"):
        ends = [int(code, 16) for code in re.findall(r"\\x{(\w+)}", written_out(character_class))]
        assert ends == sorted(ends)
        assert not any(0xD800 <= end < 0xE000 for end in ends)
        pairs = re.findall(r"\\x{(\w+)}-\\x{(\w+)}", written_out(character_class))
        assert not any(int(first, 16) < 0xD800 <= int(last, 16) for first, last in pairs)


def test_a_whole_pattern_cuts_alike():
    pattern = r" ?[^\W\d_]{1,4}|\d|\s{1,3}(?!\S)|\s|['’]"
    chance = random.Random(0)
    text = "".join(chance.choices("aé1٣ \n\t\x1c'’.\u0301", k=3_000))
    expected = re.findall(pattern, text)
    assert library_finds(written_out(pattern), text) == expected
