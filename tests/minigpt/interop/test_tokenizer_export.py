import random
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.interop.tokenizer_export import FORMS, library_form, word_library
from minigpt.tokenizers import LOADABLE, TOKENIZERS
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.gpt2 import Gpt2Tokenizer
from minigpt.tokenizers.imported import ImportedTokenizer
from minigpt.tokenizers.patterns import PRIVATE_USE, written_out
from minigpt.tokenizers.word import RESERVED, WordTokenizer

LEARNT = ["byte", "bpe", "unigram", "character", "word"]
HOSTILE = {
    "html": "<script>alert('x')</script>&amp;<!-- -->",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "right to left": "\u202eאבג العربية\u202c",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈e\u0301",
    "special tokens": "<|endoftext|><unk><s></s>[MASK] <join>a<join> b",
    "byte names": "<0xC3><0xA9>ĠĊé",
    "line ends": "\r\n\r\u2028\u2029\x85\x0b\x0c\x1c\x1d\x1e\x1fa\x1cb",
    "one word": "a" * 3_000 + "b" * 130,
    "one gap": " " * 3_000 + "b",
    "gaps": "\n a  b\t c \n\n  d(e )f ( g",
    "apostrophes": "don't 'tis x''y z' 'a'b'c ’d’e 5's rock'n'roll's'",
    "marks": "a\u0301b\u20dd_c·d\u0300",
    "digits": "12 ١٢ Ⅷ ½ ² 3a a3 ௰",
    "private use": "\U000f0000a\U000f0001 \U000f0002b\U000f0000\U000f0000 c",
    "noncharacters": "\ufdd0a\ufffe \uffffb\U0010ffff",
}
# Characters of every kind that the patterns tell apart, often enough side by side.
MIXED = st.text(
    st.one_of(
        st.sampled_from(" \n\t'’_aAbéß15²٣-.(·\u0301\u200d\x1c\x85\u3000\U000f0000日😀"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=40,
)


@pytest.fixture(scope="module")
def pairs(corpus):
    """Each learnt tokenizer with what the library makes of its exported form."""
    learnt = {kind: TOKENIZERS[kind].train(corpus) for kind in LEARNT}
    return {
        kind: (tokenizer, LibraryTokenizer.from_str(library_form(tokenizer)))
        for kind, tokenizer in learnt.items()
    }


def require_equal(tokenizer, library, text):
    """Both give the same ids and the same text again, or both refuse."""
    try:
        ids = tokenizer.encode(text)
    except TokenizerError:
        with pytest.raises(Exception, match="Missing"):
            library.encode(text)
        return
    assert library.encode(text).ids == ids
    assert library.decode(ids, skip_special_tokens=False) == tokenizer.decode(ids)


def test_every_kind_can_be_exported():
    assert FORMS.keys() == LOADABLE.keys()


@pytest.mark.parametrize("kind", LEARNT)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_get_the_same_ids(kind, name, pairs):
    require_equal(*pairs[kind], HOSTILE[name])


@pytest.mark.parametrize("kind", LEARNT)
@pytest.mark.parametrize("text", ["", " ", "a", "\n"])
def test_the_shortest_texts_get_the_same_ids(kind, text, pairs):
    require_equal(*pairs[kind], text)


@pytest.mark.parametrize("kind", LEARNT)
@settings(max_examples=60)
@given(text=MIXED)
def test_any_text_gets_the_same_ids(kind, text, pairs):
    require_equal(*pairs[kind], text)


@pytest.mark.parametrize("kind", LEARNT)
@settings(max_examples=30)
@given(data=st.data())
def test_parts_of_the_learnt_text_get_the_same_ids(kind, data, pairs, corpus):
    part = st.tuples(st.integers(0, len(corpus)), st.integers(0, 20)).map(
        lambda span: corpus[span[0] : sum(span)]
    )
    require_equal(*pairs[kind], "".join(data.draw(st.lists(part, max_size=6))))


@pytest.mark.parametrize("kind", LEARNT)
@settings(max_examples=60)
@given(data=st.data())
def test_any_ids_give_the_same_text(kind, data, pairs):
    tokenizer, library = pairs[kind]
    ids = data.draw(st.lists(st.integers(0, tokenizer.vocabulary_size - 1), max_size=20))
    assert library.decode(ids, skip_special_tokens=False) == tokenizer.decode(ids)


@pytest.mark.parametrize("kind", ["bpe", "word"])
def test_characters_from_all_of_unicode_are_in_the_same_class(kind, pairs):
    """Each stands next to a letter, a digit, a mark and a gap."""
    codes = [*range(0x800), *random.Random(0).sample(range(0x800, 0x110000), 3_000)]
    characters = [chr(code) for code in codes if not 0xD800 <= code < 0xE000]
    text = "".join(f"a{one}b {one}1{one} .{one}\n{one} {one}{one}" for one in characters)
    require_equal(*pairs[kind], text)


def test_a_learnt_text_of_hostile_parts_gets_the_same_ids():
    text = "\n".join(HOSTILE[name] for name in HOSTILE)
    for kind in LEARNT:
        tokenizer = TOKENIZERS[kind].train(text)
        require_equal(tokenizer, LibraryTokenizer.from_str(library_form(tokenizer)), text)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=MIXED)
@example("<|endoftext|> the hello 's  in\u2028\x1c")
def test_gpt2_tokens_get_the_same_ids(small_gpt2, text):
    tokenizer = Gpt2Tokenizer.load()
    library = LibraryTokenizer.from_str(library_form(tokenizer))
    require_equal(tokenizer, library, text)
    end = tokenizer.vocabulary_size - 1
    assert library.decode([end]) == tokenizer.decode([end]) == "<|endoftext|>"


def test_an_imported_tokenizer_is_exported_as_it_was(bpe):
    form = library_form(bpe)
    assert library_form(ImportedTokenizer(form, vocabulary_size=400)) == form


def test_halves_of_characters_cannot_be_exported():
    with pytest.raises(TokenizerError, match="half of a character"):
        library_form(CharacterTokenizer.train("ab\ud800"))


def test_an_unknown_kind_is_refused(monkeypatch):
    monkeypatch.setattr(Gpt2Tokenizer, "kind", "other")
    with pytest.raises(TokenizerError, match="'other' cannot be exported"):
        library_form(Gpt2Tokenizer([], list, sha256=""))


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


def library_and_ours(text):
    ours = WordTokenizer.train(text)
    return word_library(ours.vocabulary), ours


@pytest.mark.parametrize(
    "text", ["a (b) c", "it's 'a' b''c", "a  b\n c", "a.b", " a", "a ", "( a", "(a", "\na", "a-b"]
)
def test_joints_and_gaps_are_the_same(text):
    library, ours = library_and_ours(text)
    ids = ours.encode(text)
    assert library.encode(text).ids == ids
    assert library.decode(ids) == text


def test_unknown_words_are_the_unknown_token():
    library, _ = library_and_ours("a b.")
    assert library.encode("a c?").ids == [5, 0, 0]
    assert library.decode([5, 0, 0]) == "a <unk> <unk>"


def test_texts_cannot_imitate_the_joint():
    library, ours = library_and_ours("(a)")
    for code in PRIVATE_USE[:4]:
        text = f"({chr(code)}a{chr(code)} {chr(code)})"
        assert library.encode(text).ids == ours.encode(text)


def test_a_learnt_text_with_the_first_free_marks_takes_the_next():
    text = f"(a{chr(PRIVATE_USE[0])}a) {chr(PRIVATE_USE[2])}"
    library, ours = library_and_ours(text)
    assert library.encode(text).ids == ours.encode(text)
    assert library.decode(ours.encode(text)) == text


@pytest.mark.parametrize("token", ["two words", "a.", " a", "  \n", "a-b", "<pad>"])
def test_tokens_that_no_text_gives_are_refused(token):
    with pytest.raises(TokenizerError) as caught:
        word_library([*RESERVED, "a", token])
    assert repr(token) in caught.value.message
