"""What of a tokenizer.json from elsewhere is run: parts whose cost grows as the text does.

The library runs whatever a tokenizer.json asks for: expressions that take for ever to match,
replacements that make a text ten times as long each, tables that fill the memory. So only parts are
accepted that models of the GPT-2 family come with or that an export of MiniGPT writes, and sizes
are checked before the library sees any of it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, TypeVar

from minigpt.errors import TokenizerError
from minigpt.sentences import Sentence
from minigpt.tokenizers.patterns import is_known, is_mark

LARGEST_FORM = 20_000_000
"""Bytes of a tokenizer.json. GPT-2's has 1.4 million."""
MOST_VALUES = 3_000_000
"""Values in a tokenizer.json, counted by the commas between them, before it is parsed."""
MOST_ENTRIES = 1_000_000
"""Ids above would make a table that no model here could hold."""
MOST_ADDED_TOKENS = 1_000
LONGEST_TOKEN = 1_000
LONGEST_PIECE = 64
"""Characters of a piece of a Unigram, which tries all that begin at every place. Those that
SentencePiece learns have 16 at most, unless it was told otherwise."""
LONGEST_WORD = 100
"""Characters of a word that WordPiece cuts; it tries every piece of it. BERT's has 100."""
MOST_PARTS = 8
"""In each section."""
MOST_INSERTIONS = 2
"""Replacements in a section that can make a text longer, at most to the double each."""

SECTIONS: Mapping[str, tuple[str, frozenset[str]]] = {
    "normalizer": (
        "normalizers",
        frozenset({"NFC", "NFD", "NFKC", "NFKD", "Lowercase", "BertNormalizer", "Replace"}),
    ),
    "pre_tokenizer": (
        "pretokenizers",
        frozenset({
            "ByteLevel", "Split", "BertPreTokenizer", "Metaspace", "Whitespace", "WhitespaceSplit",
        }),
    ),
    "post_processor": (
        "processors",
        frozenset({"ByteLevel", "TemplateProcessing", "RobertaProcessing", "BertProcessing"}),
    ),
    "decoder": (
        "decoders",
        frozenset({"ByteLevel", "Fuse", "Metaspace", "WordPiece", "Replace"}),
    ),
}  # fmt: skip
"""What a sequence of parts is called in each section, and which parts are run there."""
MODELS = frozenset({"BPE", "WordLevel", "WordPiece", "Unigram"})
ONCE = frozenset({"ByteLevel", "Metaspace"})
"""Each more of these in a section makes the text longer."""

Result = TypeVar("Result")
Part = dict[str, Any]


class LibraryPanic(Exception):  # noqa: N818 - the library's own word for it
    """The library met a state that it holds to be impossible."""


def call_library(function: Callable[..., Result], *arguments: Any, **named: Any) -> Result:
    """Call the library, whose panics are no `Exception` and would end the thread that calls.

    Raises:
        LibraryPanic: it panicked.
        Exception: whatever else it raises.
    """
    try:
        return function(*arguments, **named)
    except BaseException as error:
        # The class is made anew by every library that is built with pyo3, so only its name is known
        if type(error).__name__ == "PanicException":
            raise LibraryPanic(str(error)) from error
        raise


def require_small(text: str, *, file_name: str = "tokenizer.json") -> None:
    """Refuse what is too large to be parsed, by counts that cost next to nothing.

    Raises:
        TokenizerError: it has too many bytes or values.
    """
    if len(text) > LARGEST_FORM:
        _refuse(
            Sentence(
                "{what} has {size:,} characters; at most {most:,} are read",
                what=file_name,
                size=len(text),
                most=LARGEST_FORM,
            )
        )
    values = max(text.count(","), text.count("\n"))
    if values > MOST_VALUES:
        _refuse(
            Sentence(
                "{what} has about {values:,} values; at most {most:,} are read",
                what=file_name,
                values=values,
                most=MOST_VALUES,
            )
        )


def known_form(text: str) -> str:
    """The same tokenizer.json with nothing in it but what was checked.

    Args:
        text: The content of a tokenizer.json that may come from anybody.

    Returns:
        Its sections without truncation and padding, written anew: what one reader takes from a
        key that is there twice, another may not.

    Raises:
        TokenizerError: it is too large, or has a part that is not run here.
        ValueError: it is no JSON object, or has none where there must be one.
        RecursionError: it is nested without end.
    """
    require_small(text)
    form = json.loads(text)
    if not isinstance(form, dict):
        raise ValueError("it is no JSON object")
    for section in SECTIONS:
        _require_section(section, form.get(section))
    _require_added(form.get("added_tokens"))
    _require_model(form.get("model"))
    kept = {name: form.get(name) for name in ("version", "added_tokens", *SECTIONS, "model")}
    return json.dumps({**kept, "truncation": None, "padding": None})


def known_model(form: Mapping[str, Any]) -> str:
    """A tokenizer.json that has the model of this one, and nothing around it.

    Raises:
        TokenizerError: the model is too large, or of a kind that is not run here.
    """
    _require_model(form.get("model"))
    return json.dumps({"version": "1.0", "added_tokens": [], "model": form.get("model")})


def _require_section(section: str, found: object) -> None:
    sequence, known = SECTIONS[section]
    parts: list[Part] = []
    for part in _parts(section, found, sequence):
        parts.append(part)
        if len(parts) > MOST_PARTS:
            _refuse(
                Sentence(
                    "its {section} has more than {most} parts", section=section, most=MOST_PARTS
                )
            )
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in known | {"Sequence"}:
            _refuse_part(section, kind)
        if kind in ("Split", "Replace"):
            _require_pattern(section, part)
        _require_short_texts(section, part)
        if kind == "TemplateProcessing":
            _require_one_text(part.get("single"))
    kinds = [part["type"] for part in parts]
    insertions = sum(_inserts(part) for part in parts)
    if insertions > MOST_INSERTIONS or any(kinds.count(kind) > 1 for kind in ONCE):
        _refuse(Sentence("its {section} has the same part more than once", section=section))


def _parts(section: str, found: object, sequence: str) -> Iterator[Part]:
    """The parts of a section, those inside sequences too."""
    if found is None:
        return
    if not isinstance(found, dict):
        raise ValueError(f"{section} is no JSON object")
    yield found
    if found.get("type") == "Sequence":
        inner = found.get(sequence)
        for part in inner if isinstance(inner, list) else [inner]:
            if part is None:
                raise ValueError(f"{section} has a sequence without parts")
            yield from _parts(section, part, sequence)


def _require_pattern(section: str, part: Part) -> None:
    """A literal text costs no more than the text is long; an expression must be one of ours."""
    pattern = part.get("pattern")
    if not isinstance(pattern, dict) or len(pattern) != 1:
        raise ValueError(f"{section} has a part without a pattern")
    [(kind, written)] = pattern.items()
    if not isinstance(written, str):
        raise ValueError(f"{section} has a pattern that is no text")
    is_literal = kind == "String"
    if part["type"] == "Split":
        is_good = is_literal or (kind == "Regex" and is_known(written))
    else:
        content = part.get("content")
        made = isinstance(content, str) and (content in ("", " ") or is_mark(content))
        is_good = made and (is_mark(written) if is_literal else is_known(written))
    if not is_good:
        _refuse_part(section, f"{part['type']} {written[:60]!r}")


def _inserts(part: Part) -> bool:
    """Whether a part replaces places between characters, which are no shorter than nothing."""
    pattern = part.get("pattern")
    return part["type"] == "Replace" and "Regex" in (pattern or {}) and part.get("content") != ""


def _require_short_texts(section: str, part: Part) -> None:
    own = {name: value for name, value in part.items() if name != "pattern"}
    if any(isinstance(value, str) and len(value) > LONGEST_TOKEN for value in own.values()):
        _refuse(
            Sentence(
                "its {section} has a text of more than {longest:,} characters",
                section=section,
                longest=LONGEST_TOKEN,
            )
        )


def _require_one_text(single: object) -> None:
    """A template may name the text only once; each more would double what comes out."""
    parts = single if isinstance(single, list) else []
    texts = [part for part in parts if isinstance(part, dict) and "Sequence" in part]
    if len(texts) != 1:
        _refuse(Sentence("its template must name the text once"))


def _require_added(found: object) -> None:
    """Tokens that are looked for in the whole text before it is cut."""
    if found is None:
        return
    if not isinstance(found, list) or not all(isinstance(token, dict) for token in found):
        raise ValueError("added_tokens is no list of objects")
    if len(found) > MOST_ADDED_TOKENS:
        _refuse(
            Sentence(
                "it has {count:,} added tokens; at most {most:,} are used",
                count=len(found),
                most=MOST_ADDED_TOKENS,
            )
        )
    for token in found:
        _require_token(token.get("content"))
        # For each place where such a token is found, the library reads the text before it or after.
        if token.get("lstrip") or token.get("rstrip") or token.get("single_word"):
            _refuse(
                Sentence(
                    "its added token {token!r} looks at the text around it",
                    token=str(token.get("content")),
                )
            )


def _require_model(model: object) -> None:
    if not isinstance(model, dict):
        raise ValueError("model is no JSON object")
    # GPT-2's own file, which is older, does not say of what kind it is.
    if (kind := model.get("type")) is not None and kind not in MODELS:
        raise ValueError(f"there is no model of the kind {kind!r}")
    vocabulary = model.get("vocab")
    merges = model.get("merges")
    for entries in (vocabulary, merges):
        if isinstance(entries, dict | list) and len(entries) > MOST_ENTRIES:
            _refuse(
                Sentence(
                    "it has {count:,} entries; at most {most:,} can be imported",
                    count=len(entries),
                    most=MOST_ENTRIES,
                )
            )
    longest = LONGEST_PIECE if kind == "Unigram" else LONGEST_TOKEN
    for entry in vocabulary if isinstance(vocabulary, dict | list) else ():
        _require_token(entry[0] if isinstance(entry, list) and entry else entry, longest)
    for name in ("unk_token", "continuing_subword_prefix", "end_of_word_suffix"):
        _require_token(model.get(name))
    word = model.get("max_input_chars_per_word", 0)
    if not isinstance(word, int) or word > LONGEST_WORD:
        _refuse(Sentence("it cuts words of more than {longest:,} characters", longest=LONGEST_WORD))


def _require_token(token: object, longest: int = LONGEST_TOKEN) -> None:
    if isinstance(token, str) and len(token) > longest:
        _refuse(
            Sentence(
                "it has a token of {length:,} characters; at most {longest:,} are used",
                length=len(token),
                longest=longest,
            )
        )


def _refuse_part(section: str, kind: object) -> NoReturn:
    _refuse(
        Sentence(
            "its {section} has the part {kind}, which could run without end",
            section=section,
            kind=str(kind)[:100],
        )
    )


def _refuse(what: Sentence) -> NoReturn:
    raise TokenizerError(
        "This tokenizer is not used: {what}. Use a model whose tokenizer is as GPT-2's, or one "
        "that MiniGPT exported.",
        what=what,
    )
