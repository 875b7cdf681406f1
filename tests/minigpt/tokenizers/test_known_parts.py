import json
import resource
import time

import pytest
from tokenizers import Regex, models, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.tokenizers import imported_library, tokenizer_from_dict
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.imported import ImportedTokenizer
from minigpt.tokenizers.imported_library import LibraryFile
from minigpt.tokenizers.known_parts import LibraryPanic, call_library
from minigpt.tokenizers.patterns import (
    CHARACTER,
    GPT2_CUTS,
    is_known,
    word_cuts,
    written_out,
)
from minigpt.tokenizers.subword import BpeTokenizer

BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
SECONDS, MEGABYTES = 1.0, 64
CUTS, OLD_CUTS = word_cuts(joins_marks=True), word_cuts(joins_marks=False)


def form(**sections):
    """A tokenizer.json of 256 bytes with these sections."""
    library = LibraryTokenizer(models.BPE(byte_of_stand_in(), []))
    return {
        **json.loads(library.to_str()),
        "pre_tokenizer": BYTES,
        "decoder": BYTES,
        **sections,
    }


def split(pattern, kind="Regex"):
    cut = {"type": "Split", "pattern": {kind: pattern}, "behavior": "Isolated", "invert": False}
    return {"type": "Sequence", "pretokenizers": [cut, BYTES]}


def replace(pattern, content, kind="Regex"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def sequence(name, *parts):
    return {"type": "Sequence", name: list(parts)}


def nested(depth):
    found = BYTES
    for _ in range(depth):
        found = sequence("pretokenizers", found)
    return found


def model(**changes):
    return {**form()["model"], **changes}


def added(content, **changes):
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    return {"id": 256, "content": content, "special": True, **flags, **changes}


TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}] * 50,
    "pair": [],
    "special_tokens": {},
}
HOSTILE = {
    "backtracking": {"pre_tokenizer": split("(a+)+$")},
    "backtracking in a look-ahead": {"pre_tokenizer": split("(?=(x|xx)+y)")},
    "backtracking beside ours": {"pre_tokenizer": split(GPT2_CUTS[0] + "|(a|a)*b")},
    "a placeholder that is meant for our classes": {"pre_tokenizer": split("[\0]+")},
    "an expression without a type": {"pre_tokenizer": {"pattern": {"Regex": "(a+)+$"}}},
    "nothing replaced": {"normalizer": replace("", "x")},
    "nothing literal replaced": {"normalizer": replace("", "x", "String")},
    "nothing replaced when decoding": {"decoder": replace("", "x")},
    "seven times ten": {"normalizer": sequence("normalizers", *[replace(".", "a" * 10)] * 7)},
    "ten at once": {"normalizer": replace("a", "a" * 100_000, "String")},
    "ours with a long content": {"normalizer": replace(written_out(CUTS.joint), "a" * 10)},
    "ours again and again": {
        "normalizer": sequence("normalizers", *[replace(written_out(CUTS.joint), " ")] * 8)
    },
    "growing when decoding": {"decoder": sequence("decoders", replace(".", "a" * 10), BYTES)},
    "bytes of bytes": {"pre_tokenizer": sequence("pretokenizers", *[BYTES] * 7)},
    "bytes of bytes in the normalizer": {
        "normalizer": sequence("normalizers", *[{"type": "ByteLevel"}] * 7)
    },
    "a text put before": {"normalizer": {"type": "Prepend", "prepend": "a" * 900}},
    "a table of replacements": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}},
    "many sequences": {"pre_tokenizer": nested(50)},
    "a template with the text fifty times": {"post_processor": TEMPLATE},
    "too many added tokens": {"added_tokens": [added(f"<{index}>") for index in range(5_000)]},
    "a long added token": {"added_tokens": [added("a" * 100_000)]},
    "an added token that looks back": {"added_tokens": [added("<a>", lstrip=True)]},
    "an added token that looks on": {"added_tokens": [added(" ", rstrip=True)]},
    "a long piece of a unigram": {
        "model": {"type": "Unigram", "unk_id": 0, "vocab": [["a", 0.0], ["a" * 65, -1.0]]}
    },
    "a long token": {"model": model(vocab={"a" * 1_000_000: 0}, merges=[])},
    "long words for word pieces": {
        "model": {
            "type": "WordPiece",
            "vocab": {"a": 0},
            "unk_token": "a",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 101,
        }
    },
}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def refused(read, match="This tokenizer"):
    before, start = peak(), time.process_time()
    with pytest.raises(TokenizerError, match=match):
        read()
    assert time.process_time() - start < SECONDS
    assert peak() - before < MEGABYTES


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_run_without_end_is_refused_at_once(name):
    text = json.dumps(form(**HOSTILE[name]))
    refused(lambda: LibraryFile.read(text))


def test_an_old_run_with_such_a_tokenizer_is_refused_when_opened():
    text = json.dumps(form(**HOSTILE["backtracking"]))
    saved = {"kind": "imported", "library_form": text, "vocabulary_size": 256}
    refused(lambda: tokenizer_from_dict(saved), match="pre_tokenizer")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            lambda: (
                '{"model":{"vocab":{' + ",".join(f'"{n}":{n}' for n in range(3_000_000)) + "}}}"
            ),
            id="three million entries",
        ),
        pytest.param(lambda: '{"model":{"merges":[' + "1," * 3_500_000 + "1]}}", id="merges"),
        pytest.param(lambda: '{"version":"' + "a" * 25_000_000 + '"}', id="one long text"),
    ],
)
def test_sizes_are_looked_at_before_anything_is_parsed(text):
    made = text()
    refused(lambda: LibraryFile.read(made), match="are read")


def test_of_two_sections_of_one_name_the_library_sees_the_one_that_was_checked():
    hostile, good = json.dumps(split("(a+)+$")), json.dumps(BYTES)
    text = json.dumps(form(pre_tokenizer="HERE"))
    twice = text.replace('"HERE"', f'{hostile}, "pre_tokenizer": {good}')
    file = LibraryFile.read(twice)
    start = time.process_time()
    assert len(file.encode(("a" * 23 + "!") * 30).ids) == 720
    assert time.process_time() - start < SECONDS
    with pytest.raises(TokenizerError, match="pre_tokenizer"):
        LibraryFile.read(text.replace('"HERE"', f'{good}, "pre_tokenizer": {hostile}'))


@pytest.mark.parametrize(
    "pattern",
    [
        *GPT2_CUTS,
        CHARACTER,
        *(written_out(one) for cuts in (CUTS, OLD_CUTS) for one in (cuts.subword, cuts.word)),
    ],
)
def test_known_expressions_are_run_and_stay_fast(pattern):
    assert is_known(pattern)
    file = LibraryFile.read(json.dumps(form(pre_tokenizer=split(pattern))))
    for text in ("a" * 20_000 + "!", " " * 20_000, "'" * 20_000, "a'" * 10_000):
        start = time.process_time()
        assert len(file.encode(text).ids) == len(text)
        assert time.process_time() - start < SECONDS


def test_the_form_of_gpt2_itself_which_names_no_kind_of_model_is_read():
    older = form(post_processor=BYTES, added_tokens=[added("<|endoftext|>")])
    del older["model"]["type"]
    assert LibraryFile.read(json.dumps(older)).is_byte_level


class Panicking:
    """In place of the library: its real panic."""

    def encode(self, *_, **__):
        cut = pre_tokenizers.Split(Regex("(a+)+$"), behavior="isolated")
        return cut.pre_tokenize_str("a" * 40 + "!")

    decode = encode


@pytest.fixture
def panicking(monkeypatch):
    tokenizer = ImportedTokenizer(json.dumps(form()))
    monkeypatch.setattr(tokenizer._library, "_library", Panicking())
    return tokenizer


def test_a_panic_of_the_library_is_said_in_words(panicking):
    for broken in (panicking.encode, panicking.pieces, lambda _: panicking.decode([1])):
        with pytest.raises(TokenizerError, match="broke down"):
            broken("abc")
    with pytest.raises(LibraryPanic):
        call_library(Panicking().encode)


def test_who_stops_the_program_is_not_mistaken_for_a_panic():
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call_library(stop)


def test_more_tokens_than_a_text_can_have_are_refused(monkeypatch):
    tokenizer = ImportedTokenizer(json.dumps(form()))
    longest = "\ufdfa" * 50
    assert len(tokenizer.encode(longest)) == 150
    monkeypatch.setattr(imported_library, "MOST_IDS_PER_CHARACTER", 2)
    with pytest.raises(TokenizerError, match="150 tokens of 50 characters"):
        tokenizer.encode(longest)


def test_the_longest_compatible_form_of_a_character_is_within_the_limit():
    tokenizer = ImportedTokenizer(json.dumps(form(normalizer={"type": "NFKD"})))
    assert len(tokenizer.encode("\ufdfa" * 100)) == 3_300


def test_of_a_learnt_tokenizer_only_the_model_is_run(corpus):
    bpe = BpeTokenizer.train(corpus)
    saved = bpe.to_dict()
    hostile = {**HOSTILE["seven times ten"], "post_processor": TEMPLATE}
    changed = {**saved, "library_form": {**saved["library_form"], **hostile}}
    assert tokenizer_from_dict(changed).encode("hello") == bpe.encode("hello")
