"""Between dataclasses and plain JSON values, strictly: nothing unknown, nothing of a wrong type.

Whether a setting has a value that can work: what every configuration asks; and the sentence under
each field of a configuration class, for people to read. Knows no torch.
"""

import ast
import dataclasses
import difflib
import inspect
import math
import re
import textwrap
import threading
import types
import typing
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar, cast

from minigpt.errors import ConfigurationError
from minigpt.sentences import N_, Sentence, abbreviate, numeral

Section = TypeVar("Section")

FALSE_WORDS = frozenset({"false", "no", "off", "0"})
TRUE_WORDS = frozenset({"true", "yes", "on", "1"})
NOTHING = "none"
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
"""What is a number of thousands to some people and one with decimals to others."""


def build_section(kind: type[Section], values: object, section: str) -> Section:
    """Construct one section of a configuration from JSON values or from words typed by a person.

    Raises:
        ConfigurationError: `values` is no object, a name is unknown, or a value has the wrong
            type or range.
    """
    if not isinstance(values, Mapping):
        raise ConfigurationError(
            "{section} is {values!r}; it must hold settings, each with its name.",
            field=section,
            section=section,
            values=abbreviate(values),
        )
    return kind(**parse_settings(kind, values, section))


def parse_settings(
    kind: type[object], values: Mapping[str, object], section: str
) -> dict[str, Any]:
    """Some settings of a section, each as the type that the section's class asks for.

    Raises:
        ConfigurationError: a name is unknown, or a value has the wrong type.
    """
    # The constructor's own parameters, so that any dataclass will do and nothing else can slip in.
    known = list(inspect.signature(kind).parameters)
    hints = setting_types(kind)
    for name in values:
        if name not in known:
            raise _unknown(str(name), known, section)
    return {name: coerce(value, hints[name], f"{section}.{name}") for name, value in values.items()}


def setting_types(kind: type[object]) -> Mapping[str, Any]:
    """What type each setting of a configuration class has; read once."""
    return _types(cast(Hashable, kind))


@cache
def _types(kind: Hashable) -> Mapping[str, Any]:
    return typing.get_type_hints(kind)


def coerce(value: Any, hint: Any, field: str) -> Any:
    """The value as the type a field asks for; text such as "1e-3" or "true" is understood.

    Raises:
        ConfigurationError: it cannot be understood as that type.
    """
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return _choose(value, options, field)
    if origin in (types.UnionType, typing.Union):
        kinds = [option for option in options if option is not types.NoneType]
        is_nothing = value is None or str(value).lower() == NOTHING
        return None if is_nothing else coerce(value, kinds[0], field)
    read, wanted = READERS[hint]
    try:
        return read(value)
    except (ValueError, TypeError, OverflowError):
        raise ConfigurationError(
            "{setting} is {value!r}; it must be {wanted}.",
            field=field,
            setting=field,
            value=abbreviate(value),
            wanted=_without_thousands(value) or Sentence(wanted),
        ) from None


def _without_thousands(value: Any) -> str | None:
    """How to write a number that means different things to different people."""
    if not isinstance(value, str) or not THOUSANDS.fullmatch(value.strip()):
        return None
    plain = re.sub("[.,]", "", value)
    return Sentence("a number without marks between its thousands, such as {plain}", plain=plain)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """What somebody probably meant; None if nothing comes close."""
    return next(iter(difflib.get_close_matches(name, known, n=1)), None)


def _choose(value: Any, options: tuple[Any, ...], field: str) -> Any:
    by_word = {str(option): option for option in options}
    if str(value) not in by_word:
        raise ConfigurationError(
            "{setting} is {value!r}; choose one of {choices}.",
            field=field,
            setting=field,
            value=abbreviate(value),
            choices=", ".join(by_word),
        )
    return by_word[str(value)]


def _read_bool(value: Any) -> bool:
    word = str(value).lower()
    if word not in FALSE_WORDS | TRUE_WORDS:
        raise ValueError(word)
    return word in TRUE_WORDS


def _read_int(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError(value)
    if isinstance(value, str) and THOUSANDS.fullmatch(value.strip()):
        raise ValueError(value)  # one thousand to some, one to others
    try:
        return int(str(value))
    except ValueError:
        number = float(value)  # such as 1e3; the other way round would round large numbers
    if number != int(number):
        raise ValueError(value)
    return int(number)


def read_decimal(value: Any) -> float:
    """A number, also as half of the world writes it: with a comma before its decimals.

    >>> read_decimal("0,001"), read_decimal("3,5"), read_decimal("1e-3")
    (0.001, 3.5, 0.001)

    Raises:
        ValueError: it is no finite number, or one whose comma may part thousands, as in "1,000".
        TypeError: it is true or false, or nothing like a number.
    """
    if isinstance(value, bool):
        raise TypeError(value)
    if isinstance(value, str) and "," in value:
        if THOUSANDS.fullmatch(value.strip()) or "." in value:
            raise ValueError(value)
        value = value.replace(",", ".", 1)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _read_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


READERS: dict[type, tuple[Callable[[Any], Any], str]] = {
    bool: (_read_bool, N_("true or false")),
    int: (_read_int, N_("a whole number")),
    float: (read_decimal, N_("a number")),
    str: (_read_text, N_("text")),
}


def _unknown(name: str, known: list[str], section: str) -> ConfigurationError:
    near = nearest(name, known)
    hint = (
        Sentence("Did you mean {section}.{near}?", section=section, near=near)
        if near
        else Sentence("It has {names}.", names=", ".join(known))
    )
    return ConfigurationError(
        "{section} has no setting called {name!r}. {hint}",
        field=f"{section}.{name}",
        section=section,
        name=abbreviate(name),
        hint=hint,
    )


def require_between(
    field: str,
    value: int | float,
    smallest: int | float,
    largest: int | float,
    *,
    called: str = "",
) -> None:
    """Refuse a number outside its range, whose ends belong to it. What is no number is outside.

    Args:
        field: the setting's path, such as "training.steps".
        value: what it was set to.
        smallest: the least it may be.
        largest: the most it may be.
        called: its name in the message; empty for the last word of the path.

    Raises:
        ConfigurationError: it is outside.
    """
    if not smallest <= value <= largest:
        raise ConfigurationError(
            "{setting} is {value}; it must lie between {smallest} and {largest}.",
            field=field,
            setting=Sentence(called or _name(field)),
            value=value,
            smallest=_written(smallest),
            largest=_written(largest),
        )


def require_choice(field: str, value: str, allowed: Collection[str]) -> None:
    """Refuse a word that is none of those a setting knows.

    Args:
        field: the setting's path, such as "model.norm".
        value: what it was set to.
        allowed: the words it may be.

    Raises:
        ConfigurationError: it is another one.
    """
    if value not in allowed:
        raise ConfigurationError(
            "{setting} is {value!r}; choose one of {choices}.",
            field=field,
            setting=Sentence(_name(field)),
            value=value,
            choices=", ".join(allowed),
        )


def _name(field: str) -> str:
    return field.rpartition(".")[2].replace("_", " ")


def _written(limit: int | float) -> str:
    whole = int(limit)
    return numeral(whole, ",") if whole == limit else numeral(limit, "g")


def field_help(kind: type) -> dict[str, str]:
    """Field name to the docstring written beneath it, in the class or in one it extends.

    Python keeps no trace of these strings at run time, so they are read from the class's source:
    the form, the command line's help and the code say the same because they are the same.
    """
    classes = [base for base in reversed(kind.__mro__) if dataclasses.is_dataclass(base)]
    return {name: text for base in classes for name, text in _parsed(base).items()}


_one_parser = threading.Lock()


@cache
def _parsed(kind: Hashable) -> dict[str, str]:
    # Two threads that parse at once can fail in Python 3.11: "AST constructor recursion depth".
    with _one_parser:
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
