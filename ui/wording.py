"""Numbers and tokens as people read them, in the visitor's language."""

import csv
import math
from typing import TYPE_CHECKING

from minigpt.host import THIS_HOST
from minigpt.models import LADDER
from minigpt.sentences import N_
from minigpt.wording import duration as duration
from minigpt.wording import plain_cell
from minigpt.wording import time_range as time_range
from ui.i18n import _, numeral, translated

if TYPE_CHECKING:  # a quarter of a second to import, and the first page has no table
    import pandas as pd

UNITS = {1e9: N_("{amount} billion"), 1e6: N_("{amount} million")}
GLYPHS = {" ": "␣", "\n": "↵", "\t": "⇥", "\r": "␍"}
BLANK = frozenset(
    map(chr, [
        0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
        *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0),
    ])
)  # fmt: skip
"""Characters of which nothing is seen although they count as printable: fillers, a pattern without
dots, and what only says how the character before them is drawn."""

LEAST_PLAIN, MOST_PLAIN = 0.001, 10_000
"""Numbers within these are easier to read without a power of ten."""
LEAST_DECIMAL = 0.05
"""What is less is nothing where there is one decimal."""
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Three significant digits, thousands separated.

    >>> number(1234567), number(0.012345), number(200768)
    ('1.23 million', '0.0123', '201,000')
    """
    rounded = float(f"{value:.3g}")  # first, or 999,600 would not reach its million
    for size, words in UNITS.items():
        if abs(rounded) >= size:
            return _(words, amount=_grouped(rounded / size))
    return _grouped(rounded)


def scientific(value: float) -> str:
    """Two significant digits; of very large and very small numbers with a power of ten.

    >>> scientific(8.5e18).split("10")[1], scientific(0.053), scientific(12.5), scientific(0)
    ('¹⁸', '0.053', '12', '0')
    """
    if not value:
        return "0"
    power = math.floor(math.log10(abs(value)))
    rounded = round(value, 1 - power)  # which may be the next power of ten
    power = math.floor(math.log10(abs(rounded)))
    if LEAST_PLAIN <= abs(rounded) < MOST_PLAIN:
        return numeral(rounded, f",.{max(0, 1 - power)}f")
    mantissa = numeral(rounded / 10.0**power, ".1f")
    return f"{mantissa}\u00a0×\u00a010{str(power).translate(RAISED)}"


def percent(share: float) -> str:
    """A share in percent, without the sign: what one decimal would call nothing has two digits.

    >>> percent(0.1234), percent(1 / 50_257), percent(0)
    ('12.3', '0.0020', '0.0')
    """
    value = 100 * share
    return scientific(value) if 0 < value < LEAST_DECIMAL else numeral(value, ".1f")


def count(value: int) -> str:
    """Every digit, thousands separated."""
    return numeral(value, ",")


def size(size_bytes: float) -> str:
    """An amount of data in the unit that suits it.

    >>> size(512), size(12_345_678)
    ('1 KB', '12.3 MB')
    """
    for unit, words in ((1e9, N_("{amount} GB")), (1e6, N_("{amount} MB"))):
        if size_bytes >= unit:
            amount = numeral(size_bytes / unit, ".3g")
            return _(words, amount=amount)
    return _("{amount} KB", amount=max(1, round(size_bytes / 1e3)))


def age(then: float) -> str:
    """How long ago a moment was, seconds since the epoch."""
    return _("{span} ago", span=duration(THIS_HOST.now() - then))


def model_title(rung: str) -> str:
    """The name people read of a rung of the ladder; of one that is not known, its key.

    >>> model_title("multi_head"), model_title("?")
    ('Several heads', '?')
    """
    return translated(LADDER[rung].title) if rung in LADDER else rung


def loss(nats: float | None) -> str:
    """A loss with four decimals, or a dash while there is none."""
    return "–" if nats is None else numeral(nats, ".4f")


def glyph(token: str) -> str:
    r"""A token as a label: white space and control characters get a visible sign.

    >>> glyph(" "), glyph("a"), glyph("\x07")
    ('␣', 'a', '\\x07')
    """
    return "".join(_visible(character) for character in token) or "∅"


def _grouped(rounded: float) -> str:
    return numeral(rounded, ",.0f" if abs(rounded) >= 1000 else ".3g")


def _visible(character: str) -> str:
    if character in GLYPHS:
        return GLYPHS[character]
    if character in BLANK or not character.isprintable():
        return character.encode("unicode_escape").decode("ascii")
    return character


def as_csv(table: "pd.DataFrame") -> bytes:
    """A table without its index, for a spreadsheet: no name, tag or token in it is a formula."""
    harmless = table.map(lambda cell: plain_cell(cell) if isinstance(cell, str) else cell)
    harmless.columns = [plain_cell(f"{name}") for name in harmless.columns]
    # Texts in quotes: else one with a carriage return, or with a semicolon where those part cells,
    # goes on in a cell of its own, which may be a formula.
    written: str = harmless.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC)
    return written.encode("utf-8", errors="replace")
