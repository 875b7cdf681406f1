"""The map of tokens as SVG: on the page of a lesson, on paper, and as a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from ui.charts.drawings import FONT, picture
from ui.charts.vectors.token_map import KINDS, Frame, Placed, color_of
from ui.i18n import _, numeral, translated
from ui.theme import Palette
from ui.wording import glyph

WIDTH, HEIGHT, EDGE, FOOT = 640, 440, 34, 40
LETTERS, TOKENS = 15, 19
"""Their height; tokens are what is looked at, and are read on a telephone, too."""
MONO = "'JetBrains Mono', ui-monospace, monospace"


@dataclass(frozen=True, kw_only=True)
class Points:
    """Tokens where they lie, each written there; those of a kind in one colour."""

    title: str
    tokens: Sequence[Placed]
    frame: Frame
    shares: tuple[float, float]
    """Of the variance, along each axis, from 0 to 1."""
    marked: int | None = None
    """The place of a token in `tokens` that has a ring."""

    def html(self, colors: Palette) -> str:
        """The picture; below, which colour is which kind."""
        drawn = picture(f"0 0 {WIDTH} {HEIGHT}", self.content(colors), self.alt, 46)
        kinds = [kind for kind in KINDS if any(one.kind == kind for one in self.tokens)]
        if len(kinds) < 2:
            return drawn
        keys = "".join(
            f'<span><i class="fig-line" style="border-left:6px solid {color_of(kind, colors)}">'
            f"</i>{escape(translated(KINDS[kind]))}</span>"
            for kind in kinds
        )
        return f'{drawn}<div class="fig-keys">{keys}</div>'

    def svg(self, colors: Palette) -> bytes:
        """The picture as a file of its own, on the background of the theme."""
        ground = f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{colors.weights[0]}"/>'
        content = ground + self.content(colors)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
            f"<title>{escape(self.title)}</title>{content}</svg>"
        ).encode()

    @property
    def alt(self) -> str:
        """In words: who lies where, from left to right."""
        ordered = sorted(self.tokens, key=lambda one: one.x)
        return f"{self.title}. {' '.join(glyph(one.label) for one in ordered)}"

    def content(self, colors: Palette) -> str:
        """Axes and tokens."""
        return self._axes(colors) + "".join(
            self._token(at, one, colors) for at, one in enumerate(self.tokens)
        )

    def _token(self, at: int, one: Placed, colors: Palette) -> str:
        x, y, color = self._x(one.x), self._y(one.y), color_of(one.kind, colors)
        weight = 700 if one.kind == "vowel" else 400
        ring = (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="15" fill="none" '
            f'stroke="{colors.validation_loss}" stroke-width="2"/>'
            if at == self.marked
            else ""
        )
        return (
            f'{ring}<text x="{x:.1f}" y="{y + 6:.1f}" text-anchor="middle" font-size="{TOKENS}" '
            f'font-family="{MONO}" font-weight="{weight}" fill="{color}">'
            f"{escape(glyph(one.label))}</text>"
        )

    def _axes(self, colors: Palette) -> str:
        across = _("first axis: {share} % of the variance", share=_percent(self.shares[0]))
        up = _("second axis: {share} %", share=_percent(self.shares[1]))
        style = f'font-size="{LETTERS - 1}" font-family="{FONT}" fill="{colors.reference}"'
        bottom, middle = HEIGHT - FOOT, (HEIGHT - FOOT) / 2
        return (
            f'<path d="M{EDGE} 8V{bottom}H{WIDTH - 8}" fill="none" stroke="{colors.faint}"/>'
            f'<text x="{(EDGE + WIDTH) / 2}" y="{HEIGHT - 12}" text-anchor="middle" {style}>'
            f"{escape(across)}</text>"
            f'<text transform="translate(20 {middle}) rotate(-90)" text-anchor="middle" {style}>'
            f"{escape(up)}</text>"
        )

    def _x(self, value: float) -> float:
        frame = self.frame
        share = (value - frame.left) / (frame.right - frame.left or 1.0)
        return EDGE + share * (WIDTH - EDGE - 8)

    def _y(self, value: float) -> float:
        frame = self.frame
        share = (value - frame.low) / (frame.high - frame.low or 1.0)
        return HEIGHT - FOOT - share * (HEIGHT - FOOT - 8)


def _percent(share: float) -> str:
    return numeral(100 * share, ".0f")
