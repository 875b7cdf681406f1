"""Small figures as HTML: the same on a page and in a report that is printed.

Tables, bars, strips of tokens and texts. Everything that is drawn is text in the page, so it can
be read aloud, searched, copied and printed; all that comes from outside is escaped.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Protocol

from ui.charts.shades import cell_colors
from ui.i18n import _, numeral
from ui.theme import Palette
from ui.wording import glyph

Value = float | int | str | None
MINUS = "−"
MANY, WIDE = 7, 12
"""A table of more columns is set smaller where there is little room, or anywhere."""
LABEL_REM, BRIEF_REM, LETTER_REM = 11.0, 4.5, 0.6
"""How wide the names of bars may be, and beside bars on a telephone; about how wide a letter is."""


class Figure(Protocol):
    """Anything that can be drawn on a page and on paper."""

    @property
    def title(self) -> str:
        """What is to be seen, in a few words."""

    def html(self, colors: Palette) -> str:
        """The figure without its title."""


def as_html(figure: Figure, colors: Palette) -> str:
    """A figure under its title."""
    title = f"<figcaption>{escape(figure.title)}</figcaption>" if figure.title else ""
    return f'<figure class="fig">{title}{figure.html(colors)}</figure>'


def cell_text(value: Value, digits: int) -> str:
    """A cell's text: whole numbers in full, others with so many digits."""
    if value is None or isinstance(value, str):
        return value or ""
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    # No zero has a sign: what is rounded to it lies on neither side.
    text = numeral(value, "," if isinstance(value, int) else f"z,.{digits}f")
    return text.replace("-", MINUS)


@dataclass(frozen=True, kw_only=True)
class NumberTable:
    """Numbers in rows and columns, shaded by their size where that helps."""

    title: str
    values: Sequence[Sequence[Value]]
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    digits: int = 2
    low: float = 0.0
    high: float | None = None
    """What the strongest shade stands for; None shades nothing."""
    guessed: Collection[tuple[int, int]] = ()
    """Cells with a dashed outline: what was guessed."""
    marked: Collection[tuple[int, int]] = ()
    """Cells with a full outline: what came out, or what is spoken of."""
    appearing: bool = False
    """Whether rows come one after the other, over and over."""

    def html(self, colors: Palette) -> str:
        """A table with headings for rows and columns."""
        head = "".join(f'<th scope="col">{escape(_label(one))}</th>' for one in self.columns)
        corner = "<td></td>" if self.rows else ""
        top = f"<thead><tr>{corner}{head}</tr></thead>" if self.columns else ""
        body = "".join(self._row(index, row, colors) for index, row in enumerate(self.values))
        label = escape(self.title, quote=True)
        columns = max(map(len, self.values), default=0)
        wide = " fig-wide" if columns > WIDE else " fig-many" if columns > MANY else ""
        return (
            f'<div class="fig-scroll" tabindex="0" role="region" aria-label="{label}">'
            f'<table class="fig-table{wide}">{top}<tbody>{body}</tbody></table></div>'
            f"{guess_keys() if self.guessed else ''}"
        )

    def _row(self, index: int, row: Sequence[Value], colors: Palette) -> str:
        name = f'<th scope="row">{escape(_label(self.rows[index]))}</th>' if self.rows else ""
        cells = "".join(self._cell(index, place, one, colors) for place, one in enumerate(row))
        moving = f' class="fig-appear" style="animation-delay:{0.7 * index:.1f}s"'
        return f"<tr{moving if self.appearing else ''}>{name}{cells}</tr>"

    def _cell(self, row: int, column: int, value: Value, colors: Palette) -> str:
        outlines = {"fig-guess": self.guessed, "fig-mark": self.marked}
        kinds = [name for name, cells in outlines.items() if (row, column) in cells]
        ground = self._ground(value, colors)
        style = f' style="{ground}"' if ground else ""
        names = f' class="{" ".join(kinds)}"' if kinds else ""
        return f"<td{names}{style}>{escape(cell_text(value, self.digits))}</td>"

    def _ground(self, value: Value, colors: Palette) -> str:
        if self.high is None or value is None or isinstance(value, str) or math.isinf(value):
            return ""
        share = (value - self.low) / (self.high - self.low or 1.0)
        return cell_colors(share, colors.differences if self.low < 0 else colors.weights)


def _label(text: str) -> str:
    return glyph(text) if len(text) == 1 else text


def guess_keys(*, is_guessed: bool = True) -> str:
    """What a dashed outline means beside a full one."""
    truth = f'<span><i class="fig-line fig-truth"></i>{escape(_("what came out"))}</span>'
    guess = f'<span><i class="fig-line fig-dashed"></i>{escape(_("your guess"))}</span>'
    return f'<div class="fig-keys">{guess if is_guessed else ""}{truth}</div>'


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Labelled bars from zero, each with its number."""

    title: str
    labels: Sequence[str]
    values: Sequence[float]
    digits: int = 2
    unit: str = ""
    guess: float | None = None
    """Where somebody expected the end of a bar: a dashed line through all of them."""
    chosen: int | None = None
    """The bar that somebody chose beforehand."""
    lines: Mapping[str, float] | None = None
    """What else is to be compared with, by name."""
    end: float | None = None
    """What a bar of the whole length stands for, where other bars are beside these."""

    def html(self, colors: Palette) -> str:
        """A row for each bar; below, what the lines are."""
        lines = dict(self.lines or {})
        span = self._span()
        rows = "".join(self._row(index, span, lines) for index in range(len(self.values)))
        keys = [
            f'<span><i class="fig-line"></i>{escape(name)}: {cell_text(value, self.digits)}</span>'
            for name, value in lines.items()
        ]
        if self.guess is not None:
            words = _("your guess: {guess}", guess=cell_text(self.guess, self.digits))
            keys.append(f'<span><i class="fig-line fig-dashed"></i>{escape(words)}</span>')
        if self.unit:
            keys.append(f"<span>{escape(self.unit)}</span>")
        legend = f'<div class="fig-keys">{"".join(keys)}</div>' if keys else ""
        width = self._label_rem()
        brief = " fig-brief" if width <= BRIEF_REM else ""
        style = f"--fig-label: {width:.1f}rem"
        return f'<div class="fig-bars{brief}" role="list" style="{style}">{rows}</div>{legend}'

    def _label_rem(self) -> float:
        """As wide as the longest name is, but no wider than leaves room for bars."""
        lengths = [len(label) for label in self.labels]
        if self.chosen is not None:
            lengths[self.chosen] += 1 + len(_("your guess"))
        return min(LABEL_REM, 0.5 + LETTER_REM * max(lengths, default=0))

    def _span(self) -> tuple[float, float]:
        """What both ends of a track stand for; nothing is below 0 unless a number is."""
        guess = [] if self.guess is None else [self.guess]
        shown = [*self.values, *(self.lines or {}).values(), *guess, self.end or 0.0, 0.0]
        shown = [0.0 if 2 * abs(one) < 10.0**-self.digits else one for one in shown]
        low, high = min(shown), max(shown)
        return low, high if high > low else low + 1.0

    def _row(self, index: int, span: tuple[float, float], lines: Mapping[str, float]) -> str:
        value = self.values[index]
        low, high = span

        def place(number: float) -> float:
            return (number - low) / (high - low)

        pins = "".join(_pin(place(one), "") for one in lines.values())
        if low < 0:
            pins += f'<i class="fig-zero" style="left:{100 * place(0):.2f}%"></i>'
        if self.guess is not None:
            pins += _pin(place(self.guess), " fig-dashed")
        begin, length = place(min(value, 0.0)), abs(value) / (high - low)
        chosen = f" <em>{escape(_('your guess'))}</em>" if index == self.chosen else ""
        return (
            f'<div role="listitem"><span class="fig-label">{escape(self.labels[index])}{chosen}'
            f'</span><span class="fig-track"><b style="margin-left:{100 * max(begin, 0.0):.2f}%;'
            f'width:{100 * length:.2f}%"></b>'
            f'{pins}</span><span class="fig-value">{cell_text(value, self.digits)}</span></div>'
        )


def _pin(share: float, kind: str) -> str:
    return f'<i class="fig-pin{kind}" style="left:{100 * min(1.0, max(0.0, share)):.2f}%"></i>'


@dataclass(frozen=True, kw_only=True)
class NumberLine:
    """A guess and what came out, on one line."""

    title: str
    low: float
    high: float
    truth: float
    guess: float | None
    digits: int = 0
    unit: str = ""

    def html(self, colors: Palette) -> str:
        """The line with its two pins, and both as numbers."""
        high = max(self.high, self.truth)
        low = min(self.low, self.truth)

        def place(value: float) -> float:
            return (value - low) / (high - low or 1.0)

        pins = _pin(place(self.truth), " fig-truth")
        truth = _("what came out: {number}", number=self._number(self.truth))
        keys = [f'<span><i class="fig-line fig-truth"></i>{escape(truth)}</span>']
        if self.guess is not None:
            pins += _pin(place(self.guess), " fig-dashed")
            words = _("your guess: {guess}", guess=self._number(self.guess))
            keys.insert(0, f'<span><i class="fig-line fig-dashed"></i>{escape(words)}</span>')
        ends = "".join(f"<span>{self._number(one)}</span>" for one in (low, high))
        return (
            f'<div class="fig-axis">{pins}</div><div class="fig-ends">{ends}</div>'
            f'<div class="fig-keys">{"".join(keys)}</div>'
        )

    def _number(self, value: float) -> str:
        text = numeral(value, f",.{self.digits}f").replace("-", MINUS)
        return escape(f"{text} {self.unit}".strip())


@dataclass(frozen=True, kw_only=True)
class Options:
    """What could be chosen, what was, and what is right."""

    title: str
    options: Mapping[str, str]
    truth: str
    guess: str | None

    def html(self, colors: Palette) -> str:
        """A line for each option."""
        return f'<ul class="fig-options">{"".join(map(self._line, self.options))}</ul>'

    def _line(self, name: str) -> str:
        kinds = [
            *(["fig-mark"] if name == self.truth else []),
            *(["fig-guess"] if name == self.guess else []),
        ]
        notes = [
            *([_("what came out")] if name == self.truth else []),
            *([_("your guess")] if name == self.guess else []),
        ]
        note = f" <em>{escape(' · '.join(notes))}</em>" if notes else ""
        return f'<li class="{" ".join(kinds)}">{escape(self.options[name])}{note}</li>'


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """A text as its tokens, each with a number under it."""

    title: str
    tokens: Sequence[str]
    below: Sequence[Value] = ()
    digits: int = 0
    shares: Sequence[float] = ()
    """Of the strongest shade, from 0 to 1."""
    marked: Collection[int] = ()
    guessed: Collection[int] = ()
    is_answer: bool = False
    """Whether what is marked came out, and what is dashed was guessed."""
    is_long: bool = False
    """Whether they stand in a box that scrolls, a line of the text in a line of its own."""

    def html(self, colors: Palette) -> str:
        """Tokens that flow like words."""
        tokens = "".join(self._token(index, colors) for index in range(len(self.tokens)))
        keys = guess_keys(is_guessed=bool(self.guessed)) if self.is_answer else ""
        if not self.is_long:
            return f'<div class="fig-tokens">{tokens}</div>{keys}'
        label = escape(self.title, quote=True)
        return (
            f'<div class="fig-tokens fig-tall" tabindex="0" role="region" aria-label="{label}">'
            f"{tokens}</div>{keys}"
        )

    def _token(self, index: int, colors: Palette) -> str:
        kinds = [
            *(["fig-mark"] if index in self.marked else []),
            *(["fig-guess"] if index in self.guessed else []),
        ]
        shade = f' style="{cell_colors(self.shares[index], colors.weights)}"' if self.shares else ""
        number = f"<small>{cell_text(self.below[index], self.digits)}</small>" if self.below else ""
        word = escape(glyph(self.tokens[index]))
        end = "<i></i>" if self.is_long and self.tokens[index] == "\n" else ""
        return f'<span class="{" ".join(kinds)}"{shade}><b>{word}</b>{number}</span>{end}'


@dataclass(frozen=True, kw_only=True)
class Text:
    """A text as it is, in letters of one width."""

    title: str
    text: str

    def html(self, colors: Palette) -> str:
        """Line breaks are kept."""
        return f'<pre class="fig-text">{escape(self.text)}</pre>'


@dataclass(frozen=True, kw_only=True)
class Words:
    """Sentences that the core says, such as a verdict."""

    title: str
    lines: Sequence[str]

    def html(self, colors: Palette) -> str:
        """Each in a line of its own."""
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.lines)
        return f'<ul class="fig-options">{lines}</ul>'


@dataclass(frozen=True, kw_only=True)
class Links:
    """Ways to other places, each with a note; on paper the address is there as well."""

    title: str
    links: Sequence[tuple[str, str]]
    """What it is called, and its address."""
    notes: Sequence[str]

    def html(self, colors: Palette) -> str:
        """A list whose links open beside this page."""
        lines = "".join(map(self._line, self.links, self.notes))
        return f'<ul class="fig-links">{lines}</ul>'

    def _line(self, link: tuple[str, str], note: str) -> str:
        name, address = link
        return (
            f'<li><a href="{escape(address, quote=True)}" target="_blank" rel="noopener">'
            f"{escape(name)}</a> <span>{escape(note)}</span></li>"
        )
