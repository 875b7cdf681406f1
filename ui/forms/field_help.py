"""The sentence under each field of a configuration class, for forms to show as help.

Python keeps no trace of these strings at run time, so they are read from the class's source:
the form, the documentation and the code say the same because they are the same.
"""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Hashable
from functools import cache
from itertools import pairwise
from typing import cast


def field_help(kind: type) -> dict[str, str]:
    """Field name to the docstring written beneath it."""
    return _parsed(cast("Hashable", kind))


def meaning_of_zero(text: str) -> str:
    """The part of a help text that says what 0 stands for; empty where 0 is a number like others.

    >>> meaning_of_zero("Time after which training ends; 0 means no limit.")
    '0 means no limit.'
    """
    found = re.search(r"\b0 means [^.;]+", text)
    return f"{found.group()}." if found else ""


def field_names(kind: type) -> list[str]:
    """The fields of a configuration class, in order."""
    if not dataclasses.is_dataclass(kind):
        raise TypeError(f"{kind} is not a dataclass")
    return [field.name for field in dataclasses.fields(kind)]


@cache
def _parsed(kind: Hashable) -> dict[str, str]:
    class_body = ast.parse(textwrap.dedent(inspect.getsource(cast("type", kind)))).body[0]
    if not isinstance(class_body, ast.ClassDef):
        raise TypeError(f"{kind} is not a class")
    texts: dict[str, str] = {}
    for statement, following in pairwise(class_body.body):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = _string(following)
            if text:
                texts[statement.target.id] = text
    return texts


def _string(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value))
    return ""
