"""Sentences for people that can be said in another language later.

A sentence is its English text and remembers what that was made of: a template with named places
and the values that fill them. Whoever shows it looks the template up in the visitor's catalogue
and fills in the same values; whoever only prints it prints English. So no sentence is glued from
parts of one: a template is always whole. `make messages` collects the templates.

Numbers are values, not text, until a sentence is said: a language has marks of its own for
thousands and decimals. A number that stands alone is a `numeral`.

A file is printed with its whole path, for whoever has the machine before them; on the screen, which
visitors of a server read, only its name is said, and of an error of the system only what happened.
"""

import gettext
import io
import math
import reprlib
import string
from collections.abc import Iterable, Mapping
from decimal import Decimal
from numbers import Real
from pathlib import PurePath
from typing import Any

ENGLISH = gettext.NullTranslations()


class Catalogue(gettext.GNUTranslations):
    """The templates of a language, and the marks within its numbers.

    Args:
        compiled: a catalogue as gettext compiles it.
        decimal: what stands before the tenths.
        group: what stands between thousands and hundreds.
    """

    def __init__(self, compiled: io.BytesIO, *, decimal: str, group: str) -> None:
        super().__init__(compiled)
        self.marks = str.maketrans({".": decimal, ",": group})


class Sentence(str):
    """English text that remembers its template and values.

    >>> text = Sentence("{count:,} tokens of {name!r}", count=1200, name="Emma")
    >>> text
    "1,200 tokens of 'Emma'"
    >>> text.template
    '{count:,} tokens of {name!r}'

    A template without values is taken as it is, so that it may hold braces. A value may be a
    sentence of its own, which is translated with the one around it.
    """

    template: str
    many: str | None
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: object) -> "Sentence":
        """Fill in the template; a sentence that needs nothing more stays what it is."""
        if isinstance(template, cls) and not values:
            return template
        return cls._made(template, None, values)

    @classmethod
    def _made(cls, template: str, many: str | None, values: Mapping[str, object]) -> "Sentence":
        kept = {name: _plain(value) for name, value in values.items()}
        made = str.__new__(cls, _filled(template, many, kept, ENGLISH))
        made.template, made.many, made.values = template, many, kept
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (str(self), self.template, self.many, dict(self.values))

    def as_said(self) -> "Sentence":
        """The same with nothing in it that visitors do not read, and still to be translated."""
        said = {
            name: value.as_said() if isinstance(value, Sentence) else _shown(value)
            for name, value in self.values.items()
        }
        return self._made(self.template, self.many, said)

    def translated(self, catalogue: gettext.NullTranslations) -> str:
        """As visitors read it, in the language of a catalogue; English where it lacks it."""
        said = {name: _said(value, catalogue) for name, value in self.values.items()}
        return _filled(self.template, self.many, said, catalogue)


def plural(one: str, many: str, count: int, /, **values: object) -> Sentence:
    """A sentence about a number of things, which both templates may name as `{count}`.

    >>> plural("{count:,} run", "{count:,} runs", 1), plural("{count:,} run", "{count:,} runs", 0)
    ('1 run', '0 runs')
    """
    return Sentence._made(one, many, {"count": count, **values})


def numeral(value: int | float | Decimal, spec: str = "") -> Sentence:
    """A number alone, formatted as `format` does, with the marks of whoever reads it.

    >>> numeral(1234.5, ",.2f"), numeral(7)
    ('1,234.50', '7')
    """
    return Sentence._made(f"{{value:{spec}}}", None, {"value": value})


def join_sentences(parts: Iterable[str], between: str = "; ") -> Sentence:
    """Several sentences of one list, one after the other, each translated by itself.

    >>> join_sentences(["one", Sentence("{count} more", count=2)])
    'one; 2 more'
    """
    named = {f"part{number}": part for number, part in enumerate(parts)}
    return Sentence._made(between.join(f"{{{name}}}" for name in named), None, named)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text for the catalogue that is translated only where it is shown."""
    return text


def translated(text: str, catalogue: gettext.NullTranslations) -> str:
    """A sentence, or a text marked with `N_`, in the language of a catalogue."""
    if isinstance(text, Sentence):
        return text.translated(catalogue)
    return catalogue.gettext(text) if text else text  # "" is the catalogue's own heading


class _Printed(str):
    """A path or an error as it is printed, which remembers what visitors may read of it."""

    said: str

    def __new__(cls, text: str, said: str = "") -> "_Printed":
        printed = str.__new__(cls, text)
        printed.said = said
        return printed


LONGEST_SAID = 100
LARGEST_SAID = 10**LONGEST_SAID


class _Looks(str):
    """What a value looks like; in a sentence it is never quoted."""

    def __repr__(self) -> str:
        return str(self)


class _Abridged(reprlib.Repr):
    """Writes the beginning of what a value looks like, and of no object of a program."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxstring = 3, LONGEST_SAID

    def repr_int(self, x: int, level: int) -> str:
        """Python refuses to write a number of very many digits."""
        if abs(x) < LARGEST_SAID:
            return repr(x)
        return f"{'-' if x < 0 else ''}1e{x.bit_length() * math.log10(2):.0f}"

    def repr_instance(self, x: object, level: int) -> str:
        """Only of which kind it is."""
        return f"<{type(x).__name__}>"


def abbreviate(value: object) -> object:
    """What a stranger's file has in place of a setting, short enough for a sentence.

    Lists in lists in lists would else fill the memory as text, and a long one the screen.

    >>> abbreviate(24.5), abbreviate([1, 2]), abbreviate("ab" * 100)[:6]
    (24.5, [1, 2], 'ababab')
    """
    if isinstance(value, str):
        return value if len(value) <= LONGEST_SAID else f"{value[:LONGEST_SAID]}…"
    is_short = isinstance(value, int) and abs(value) < LARGEST_SAID
    if value is None or is_short or isinstance(value, float):
        return value
    return _Looks(_Abridged().repr(value))


def _plain(value: object) -> object:
    """Errors and paths as their text: a sentence holds on to no traceback and reaches no file."""
    if isinstance(value, PurePath):
        return _Printed(str(value), value.name or str(value))
    if isinstance(value, OSError) and value.filename is not None:
        return _Printed(str(value), value.strerror or type(value).__name__)
    return str(value) if isinstance(value, BaseException) else value


def _said(value: object, catalogue: gettext.NullTranslations) -> object:
    return value.translated(catalogue) if isinstance(value, Sentence) else _shown(value)


def _shown(value: object) -> object:
    return value.said if isinstance(value, _Printed) else value


def _filled(
    template: str,
    many: str | None,
    values: Mapping[str, Any],
    catalogue: gettext.NullTranslations,
) -> str:
    if many is None:
        wanted = catalogue.gettext(template) if template else template
    else:
        wanted = catalogue.ngettext(template, many, values["count"])
    if not values:
        return wanted
    if isinstance(catalogue, Catalogue):
        return _Marked(catalogue.marks).format(wanted, **values)
    return wanted.format(**values)


class _Marked(string.Formatter):
    """As `str.format`, but numbers get the marks of a language."""

    def __init__(self, marks: dict[int, str]) -> None:
        self._marks = marks

    def convert_field(self, value: Any, conversion: Any) -> Any:
        return value if _is_number(value) else super().convert_field(value, conversion)

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        return text.translate(self._marks) if _is_number(value) else text


def _is_number(value: object) -> bool:
    return isinstance(value, Real | Decimal) and not isinstance(value, bool)


def _again(text: str, template: str, many: str | None, values: Mapping[str, Any]) -> Sentence:
    made = str.__new__(Sentence, text)
    made.template, made.many, made.values = template, many, values
    return made
