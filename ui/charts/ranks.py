"""Two orders of the same things as SVG: what somebody guessed, and what came out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from ui.charts.drawings import FONT, picture
from ui.i18n import _
from ui.theme import Palette

RANK_WIDTH, ROW, RANK_TOP, RANK_LETTERS = 470, 40, 32, 15
LEFT_EDGE, RIGHT_EDGE = 168, 302


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Two orders of the same things; level lines were guessed right."""

    title: str
    names: Mapping[str, str]
    guess: Sequence[str]
    """Names that stay, the first in front; none where nothing was guessed."""
    truth: Sequence[str]
    numbers: Mapping[str, str]
    """What each is measured by, already as people read it."""

    def html(self, colors: Palette) -> str:
        """The picture; read aloud, it is the two orders."""
        height = RANK_TOP + ROW * len(self.truth)
        heads = [
            _label(self._right, 16, _("what came out"), colors.reference),
            *([_label(LEFT_EDGE - 8, 16, _("your guess"), colors.reference, "end")]
              if self.guess else []),
        ]  # fmt: skip
        drawn = "".join([*heads, *(self._row(one, colors) for one in self.truth)])
        return picture(f"0 0 {RANK_WIDTH} {height}", drawn, self._alt(), 46)

    @property
    def _right(self) -> int:
        """Where what came out is written: to the left, where nothing stands beside it."""
        return RIGHT_EDGE + 8 if self.guess else 0

    def _row(self, name: str, colors: Palette) -> str:
        at = self.truth.index(name)
        right = _row_height(at)
        words = f"{at + 1}. {self.names[name]}"
        number = self.numbers[name]
        parts = [
            _label(self._right, right + 2, words, colors.text),
            _label(self._right, right + 17, number, colors.reference, size=RANK_LETTERS - 2),
        ]
        if name in self.guess:
            left = _row_height(self.guess.index(name))
            hit = self.guess.index(name) == at
            stroke = colors.validation_loss if hit else colors.training_loss
            dashes = "" if hit else ' stroke-dasharray="5 4"'
            said = f"{self.guess.index(name) + 1}. {self.names[name]}"
            parts += [
                _label(LEFT_EDGE - 8, left + 2, said, colors.text, "end"),
                f'<line x1="{LEFT_EDGE}" y1="{left - 4}" x2="{RIGHT_EDGE}" y2="{right - 4}" '
                f'stroke="{stroke}" stroke-width="3"{dashes}/>',
            ]
        return "".join(parts)

    def _alt(self) -> str:
        truth = ", ".join(f"{self.names[one]} ({self.numbers[one]})" for one in self.truth)
        said = [f"{_('what came out')}: {truth}"]
        if self.guess:
            names = ", ".join(self.names[one] for one in self.guess)
            said.insert(0, f"{_('your guess')}: {names}")
        return ". ".join([self.title, *said])


def _row_height(place: int) -> int:
    return RANK_TOP + ROW * place + 12


def _label(
    x: float, y: float, text: str, color: str, anchor: str = "start", *, size: int = RANK_LETTERS
) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" '
        f'font-family="{FONT}" fill="{color}">{escape(text)}</text>'
    )
