"""What can be translated, collected: `python -m tests.messages.catalogue` is `make messages`.

Babel finds the texts in the calls below, but for those inside f-strings and inside calls of the
same kind, which are found here. The sentences under the fields of configurations, which
become help texts, and the fields' names, which become labels, are no calls and are found here. The
same source always gives the same file: no dates, no line numbers, no names of this machine.
"""

import ast
import inspect
import io
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import write_po

from minigpt import errors
from ui.forms.labels import label, meaning_of_zero

ROOT = Path(__file__).parents[2]
FILE = ROOT / "ui" / "locales" / "minigpt.pot"
CODE = ("minigpt", "ui", "pages")
ERRORS = tuple(
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.MiniGPTError)
)
CALLS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "Sentence": None,
    "_": None,
    "plural": (1, 2),
    "ngettext": (1, 2),
    "explained": None,
    **dict.fromkeys(ERRORS, None),
}


def modules() -> list[Path]:
    """Every module whose texts people read, in order."""
    return sorted(path for part in CODE for path in (ROOT / part).rglob("*.py"))


def written() -> str:
    """The catalogue as a file, without what changes from day to day."""
    catalogue = Catalog(project="MiniGPT", charset="utf-8", header_comment="# Texts of MiniGPT.")
    for path in modules():
        place = path.relative_to(ROOT).as_posix()
        for message in _texts(path):
            catalogue.add(message, locations=[(place, 0)])
    file = io.BytesIO()
    write_po(file, catalogue, width=100, include_lineno=False)
    dated = ('"POT-Creation-Date', '"PO-Revision-Date', '"Generated-By')
    lines = file.getvalue().decode("utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(dated))


def _texts(path: Path) -> Iterator[str | tuple[str, ...]]:
    found = [message for _, message, _, _ in extract_from_file("python", path, keywords=CALLS)]
    module = ast.parse(path.read_text(encoding="utf-8"))
    yield from found
    yield from (text for text in called_texts(module) if text not in found)
    yield from field_texts(module)


def called_texts(module: ast.Module) -> Iterator[str | tuple[str, ...]]:
    """What is handed to the calls above, wherever they stand: a text, or one and many."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS:
            wanted = len(CALLS[node.func.id] or (1,))
            said = [one.value for one in node.args[:wanted] if isinstance(one, ast.Constant)]
            texts = tuple(one for one in said if isinstance(one, str) and one)
            if len(texts) == wanted:
                yield texts if wanted > 1 else texts[0]


def field_texts(module: ast.Module) -> Iterator[str]:
    """What forms show of the fields of classes called Config: their labels and sentences."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Config"):
            for statement, following in pairwise(node.body):
                if isinstance(statement, ast.AnnAssign) and (text := _string(following)):
                    shown = label(ast.unparse(statement.target)), text, meaning_of_zero(text)
                    yield from filter(None, shown)


def _string(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return ""


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(written(), encoding="utf-8")
