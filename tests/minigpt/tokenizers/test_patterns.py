"""Words stay whole in scripts whose vowel signs and accents are characters of their own."""

import unicodedata

import pytest

from minigpt.tokenizers import tokenizer_from_dict
from minigpt.tokenizers.patterns import word_cuts
from minigpt.tokenizers.subword import BpeTokenizer, UnigramTokenizer
from minigpt.tokenizers.word import WordTokenizer

WHOLE = {
    "Devanagari": "हिन्दी में लिखना",
    "Tamil": "தமிழ் மொழி",
    "Sinhala with a joiner": "ශ්‍රී ලංකා",
    "Persian with a joiner": "می‌خواهم بروم",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "tiếng Việt đẹp"),
    "Hebrew with points": "שָׁלוֹם עוֹלָם",
    "Burmese": "မြန်မာ စာ",
    "Thai": "ภาษาไทย ที่นี่",
    "French, decomposed": unicodedata.normalize("NFD", "café près"),
}
subwords = pytest.mark.parametrize("kind", [BpeTokenizer, UnigramTokenizer])
scripts = pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)


@scripts
def test_a_word_model_reads_words(text):
    tokenizer = WordTokenizer.train(text)
    assert [piece.text.strip() for piece in tokenizer.pieces(text)] == text.split()
    assert tokenizer.decode(tokenizer.encode(text)) == text


@subwords
@scripts
def test_subwords_are_cut_inside_words_only(kind, text):
    found = word_cuts(joins_marks=True).compiled_subword.findall(text)
    assert [word.strip() for word in found] == text.split()
    tokenizer = kind.train((text + "\n") * 30, vocabulary_size=400)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("text", ["❤️ yes", "1️⃣ 2️⃣", "👨‍👩‍👧!"])
def test_signs_keep_their_marks_in_subwords(text):
    joined, apart = (word_cuts(joins_marks=one).compiled_subword for one in (True, False))
    assert joined.findall(text) == apart.findall(text)


@pytest.mark.parametrize("kind", [WordTokenizer, BpeTokenizer, UnigramTokenizer])
def test_a_tokenizer_saved_before_cuts_as_it_did(kind):
    text = "हिन्दी में लिखना है। " * 20
    today = kind.train(text)
    assert tokenizer_from_dict(today.to_dict()).encode(text) == today.encode(text)
    before = {name: value for name, value in today.to_dict().items() if name != "joins_marks"}
    old = tokenizer_from_dict(before)
    assert old.encode(text) != today.encode(text)
    assert len(old.pieces("हिन्दी")) > len(today.pieces("हिन्दी"))
    assert old.to_dict() == before


def test_nothing_changes_for_letters_without_marks():
    text = "Don't panic: naïve Ünïcode, 日本語 — 12 3a snake_case <b> 'tis\n\tend  "
    joined, apart = (word_cuts(joins_marks=one).compiled_subword for one in (True, False))
    assert joined.findall(text) == apart.findall(text)


def test_a_hindi_text_takes_a_third_of_the_tokens():
    text = "यह एक छोटी कहानी है। एक लड़का स्कूल जाता था और किताबें पढ़ता था।\n" * 60
    today = BpeTokenizer.train(text)
    before = {name: value for name, value in today.to_dict().items() if name != "joins_marks"}
    assert 3 * len(today.encode(text)) < len(tokenizer_from_dict(before).encode(text))
