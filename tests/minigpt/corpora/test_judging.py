"""A tenth that is unlike the rest, or known by heart, is told from one that is fair."""

import random
import time

import pytest

from minigpt.corpora import CORPORA, Corpus
from minigpt.corpora.judging import STRETCH, look_at_part, text_warnings

ENGLISH_WORDS = "river stone lantern garden winter window sister letter harbour candle"
FRENCH_WORDS = "le chat dort sur la table et la pluie tombe devant une fenêtre ouverte"
CYRILLIC_WORDS = "зима окно письмо река камень сад лес свеча сестра гавань фонарь"
WORDS, FRENCH, CYRILLIC = map(str.split, (ENGLISH_WORDS, FRENCH_WORDS, CYRILLIC_WORDS))


def prose(words, characters, seed=1):
    draw = random.Random(seed)
    sentences = []
    while sum(map(len, sentences)) < characters:
        sentences.append(" ".join(draw.choices(words, k=draw.randint(4, 9))).capitalize() + ".")
        if draw.random() < 0.2:
            sentences.append("\n\n")
    return " ".join(sentences)


def rules(characters):
    clause = "§ {n}.{n} THE LICENSEE SHALL NOT (A) COPY; (B) SELL; OR (C) RENT ITEM #{n}.\n"
    lines = (clause.format(n=number) for number in range(10, 10_000))
    text = ""
    while len(text) < characters:
        text += next(lines)
    return text


def looked_at(text, part="last"):
    return look_at_part(Corpus(name="mine", title="Mine", text=text, validation=part))


UNLIKE = {
    "terms at the end": prose(WORDS, 18_000) + rules(2_000),
    "another language": prose(WORDS, 18_000) + prose(FRENCH, 2_000),
    "another script": prose(WORDS, 9_000) + prose(CYRILLIC, 1_000),
    "numbers after words": prose(WORDS, 18_000) + "\n".join(map(str, range(10**6, 10**6 + 250))),
}


@pytest.mark.parametrize("text", UNLIKE.values(), ids=UNLIKE)
def test_a_last_tenth_of_another_kind_is_told(text):
    found = looked_at(text)
    assert found.is_unlike
    assert found.is_mended_by_paragraphs
    [warning] = found.warnings()
    assert "last tenth" in warning
    assert "corpus.validation=paragraphs" in warning
    assert f"{found.loss:.2f}" in warning
    assert not list(looked_at(text, "paragraphs").warnings())


def test_a_first_tenth_of_another_kind_is_told_where_it_judges():
    text = rules(2_000) + prose(WORDS, 18_000)
    assert "first tenth" in next(looked_at(text, "first").warnings())
    assert not looked_at(text, "last").is_unlike


def test_a_text_that_was_put_together_twice_is_told():
    text = "\n\n".join([prose(WORDS, 6_000, seed) for seed in range(5)] * 2)
    found = looked_at(text)
    assert found.repeated > 0.95
    assert found.is_mended_by_paragraphs
    assert "word for word" in next(found.warnings())
    assert not list(looked_at(text, "paragraphs").warnings())


def test_a_text_that_says_nothing_else_is_told_with_another_way_out():
    found = looked_at(("the rain in the garden " * 400)[:9_000])
    assert not found.is_mended_by_paragraphs
    assert "take the repetitions out" in next(found.warnings())


@pytest.mark.parametrize("name", [name for name in CORPORA if name != "tiny-shakespeare"])
def test_the_texts_that_come_with_the_app_are_fair(name):
    assert not list(look_at_part(CORPORA[name].load()).warnings())


@pytest.mark.parametrize("text", [prose(WORDS, 3_000), prose(FRENCH, 1_200)])
def test_a_text_of_one_kind_is_fair(text):
    assert not list(looked_at(text).warnings())


def test_the_share_that_is_repeated_is_that_of_a_search_for_every_stretch():
    new = prose(WORDS, 12_000, seed=2)
    text = prose(WORDS, 50_000) + new[:9_000]
    text += new  # of the last tenth, the first half stands before it
    parts = Corpus(name="mine", title="Mine", text=text)
    training, judged = parts.training_text, parts.validation_text
    stretches = [judged[start : start + STRETCH] for start in range(len(judged) - STRETCH + 1)]
    share = sum(stretch in training for stretch in stretches) / len(stretches)
    assert 0.1 < share < 0.9
    assert looked_at(text).repeated == pytest.approx(share)


def test_of_a_very_short_text_nothing_is_said():
    assert looked_at("Too short to tell. " * 20) is None


def test_long_texts_are_looked_at_in_a_moment():
    text = prose(WORDS, 20_000) * 200
    began = time.process_time()
    assert looked_at(text).repeated == 1.0
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("beginning", "name"),
    [("{\\rtf1\\ansi ", "RTF"), ("\n<!DOCTYPE html>\n", "HTML"), ("<?xml version='1'?>", "XML")],
)
def test_a_text_for_programs_is_told_to_be_one(beginning, name):
    text = beginning + prose(WORDS, 3_000)
    [warning] = text_warnings(Corpus(name="mine", title="Mine", text=text), None)
    assert f"looks like {name}" in warning


def test_fifteen_sentences_are_told_to_be_few():
    text = "".join(f"my name is {word} and i live here\n" for word in WORDS + FRENCH[:5])
    [warning] = text_warnings(Corpus(name="mine", title="Mine", text=text), None)
    assert f"very short: {len(text):,} characters" in warning
