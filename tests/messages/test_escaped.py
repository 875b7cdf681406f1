"""No sentence that people read is out of the catalogue's reach."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.messages.catalogue import CALLS, ROOT, modules

FOR_MODELS = {"To be, or not to be, that is the question."}
"""Texts that models read, which stay as they are in every language."""
# What these are given is for whoever runs or programs the app, not for whoever uses it.
NOT_FOR_PEOPLE = re.compile(
    r"(logger|logging|re|warnings)\..*"
    r"|(Value|Key|Type|Index|Attribute|Runtime|OS|Assertion|NotImplemented|Connection|Timeout)Error"
    r"|NameResolutionError|NewConnectionError|ConnectTimeoutError"
)
GIVEN = {"explained": {"reason"}}
"""What a call fills in by itself."""
WORDS = re.compile(r"[A-Za-z]{2,},? (\{\} )?[A-Za-z]{2,}")
SENTENCE = re.compile(r"[A-Z].* .* .*[.?!…]$", re.DOTALL)


def place(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", modules(), ids=place)
def test_no_sentence_escapes_the_catalogue(path):
    escaped = list(escapes(path.read_text(encoding="utf-8")))
    assert not escaped, "\n".join(f"{place(path)}:{line}: {text}" for line, text in escaped)


@pytest.mark.parametrize(
    "source",
    [
        'raise RunError(f"There is no run {name}.")',
        'raise RunError("There is no run " + name + ".")',
        'raise RunError("There is no run {}.".format(name))',
        'raise RunError("There is no run %s." % name)',
        'RunError(Sentence(f"There is no run {name}."))',
        'hint = f"Did you mean {name}?"',
        'hint = "Choose another name and try again."',
        'ERRORS = {"empty": "It is empty. Choose another."}',
        'RunError("There is no run {name}.", field="run")',
    ],
)
def test_what_escapes_is_found(source):
    assert list(escapes(source))


@pytest.mark.parametrize(
    "source",
    [
        'raise RunError("There is no run {name}.", name=name)',
        'hint = Sentence("Did you mean {name}?", name=name)',
        'hint = plural("{count} run is left.", "{count} runs are left.", count)',
        'logger.warning("Nothing is started: %s", error)',
        'ERRORS = {"empty": N_("It is empty. Choose another.")}',
        'template = N_("There is no run {name}.")',
        'def read():\n    """Return the file. All of it."""',
        "html = f\"<div class='one two'>{name}</div>\"",
        'example = "To be, or not to be, that is the question."',
        'LIMIT = 3\n"""Of what people may have. Each of them."""',
        'path = f"{name}.json"',
    ],
)
def test_what_is_in_order_is_let_through(source):
    assert not list(escapes(source))


def escapes(source: str) -> Iterator[tuple[int, str]]:
    """The line and text of each sentence that no catalogue could hold."""
    tree = ast.parse(source)
    known = set(_known(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in CALLS:
            yield from _unfillable(node)
        elif node in known:
            continue
        elif isinstance(node, ast.JoinedStr) and WORDS.search(_skeleton(node)):
            yield node.lineno, _skeleton(node)
        elif isinstance(node, ast.Constant) and _is_said(str(node.value)):
            yield node.lineno, str(node.value)


def _is_said(text: str) -> bool:
    return bool(SENTENCE.match(text)) and text not in FOR_MODELS


def _unfillable(call: ast.Call) -> Iterator[tuple[int, str]]:
    """A template that is built while the program runs, or lacks a value it names."""
    texts = call.args[: 2 if CALLS[_called(call)] else 1]
    for text in texts:
        if isinstance(text, ast.JoinedStr | ast.BinOp) or (
            isinstance(text, ast.Call) and _called(text) not in CALLS and _glues(text)
        ):
            yield call.lineno, ast.unparse(text)
        elif _called(call) == "N_":  # filled in where it is used
            continue
        elif isinstance(text, ast.Constant) and call.keywords:
            given = {word.arg for word in call.keywords} | GIVEN.get(_called(call), set())
            if None not in given and (missing := _named(str(text.value)) - given - {"count"}):
                yield call.lineno, f"{text.value}: {', '.join(sorted(missing))} not given"
        elif isinstance(text, ast.Constant) and (missing := _named(str(text.value)) - {"count"}):
            yield call.lineno, f"{text.value}: {', '.join(sorted(missing))} not given"


def _glues(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in {"format", "join"}


def _named(template: str) -> set[str]:
    return set(re.findall(r"(?<!\{)\{(\w+)[!:}]", template))


def _known(tree: ast.Module) -> Iterator[ast.AST]:
    """All that is marked, explains the code, or is not for people."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        if isinstance(node, ast.Call) and _called(node) in CALLS:
            yield from (part for text in node.args for part in ast.walk(text))
        if isinstance(node, ast.Call) and NOT_FOR_PEOPLE.fullmatch(ast.unparse(node.func)):
            yield from ast.walk(node)
        if isinstance(node, ast.JoinedStr):  # its parts are judged as one
            yield from (part for part in node.values if isinstance(part, ast.Constant))


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _skeleton(text: ast.JoinedStr) -> str:
    whole = "".join(
        str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values
    )
    return re.sub(r"<[^>]*>", "", whole)  # tags are no words
