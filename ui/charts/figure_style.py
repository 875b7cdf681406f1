"""How small figures look, on a page and on paper."""

import re

from ui.theme import PAGE_TEXT_SHARE, Palette

SMALL = re.compile(r"font-size: (?:clamp\([^)]*\)|0\.[0-7]\d*rem|0\.8[0-6]?rem)")

STYLE = """
.fig { margin: 0 0 1.1rem; max-width: 46rem; color: TEXT; }
.fig figcaption { color: REFERENCE; font-size: 0.82rem; margin-bottom: 0.35rem; }
.fig-scroll { overflow-x: auto; padding: 1px; container-type: inline-size; }
.fig-table { border-collapse: separate; border-spacing: 1px; font-family: MONO;
  font-size: clamp(0.6rem, 2.55vw, 0.8rem); font-variant-numeric: tabular-nums; }
.fig-table th { font-weight: 500; color: REFERENCE; padding: 0.15rem 0.3rem; text-align: right;
  border: 0; }
.fig-table thead th { text-align: center; }
.fig-table td { padding: 0.22rem 0.3rem; text-align: right; border: 0; min-width: 1.5em; }
@container (max-width: 26rem) {
  .fig-table.fig-many { font-size: clamp(0.6rem, 2.55vw, 0.72rem); }
  .fig-table.fig-many :is(td, th) { padding: 0.2rem 0.1rem; }
}
.fig-table.fig-wide { font-size: clamp(0.55rem, 2.3vw, 0.7rem); }
.fig-table.fig-wide td { padding: 0.2rem 0.12rem; }
.fig td.fig-guess { outline: 2px dashed currentColor; outline-offset: -3px; }
.fig td.fig-mark { position: relative; z-index: 1; box-shadow: 0 0 0 2px ACCENT; }
.fig-tall { max-height: 20rem; overflow: auto; }
.fig-bars > div { display: grid; grid-template-columns: var(--fig-label, 11rem) 1fr 5rem;
  gap: 0.6rem; align-items: center; padding: 0.14rem 0; font-size: 0.875rem; }
.fig-label em, .fig-options em { color: REFERENCE; font-style: normal; font-size: 0.78rem; }
.fig-track { position: relative; height: 1.05rem; background: FAINT; border-radius: 2px; }
.fig-track b { display: block; height: 100%; background: ACCENT; border-radius: 2px; }
.fig-zero { position: absolute; top: -2px; bottom: -2px; border-left: 1px solid REFERENCE; }
.fig-value { font-family: MONO; font-variant-numeric: tabular-nums; font-size: 0.8rem; }
.fig-pin { position: absolute; top: -3px; bottom: -3px; border-left: 2px solid TEXT; }
.fig-pin.fig-dashed, .fig-line.fig-dashed { border-left-style: dashed; }
.fig-pin.fig-dashed { z-index: 1; }
.fig-pin.fig-truth { border-left: 4px solid ACCENT; }
.fig-axis .fig-pin.fig-dashed { top: -9px; }
.fig-axis { position: relative; height: 1.5rem; border-bottom: 1px solid REFERENCE;
  margin: 0.6rem 0.3rem 0; }
.fig-ends { display: flex; justify-content: space-between; color: REFERENCE; font-size: 0.75rem; }
.fig-keys { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 0.35rem;
  font-size: 0.82rem; }
.fig-line { display: inline-block; height: 1.2em; border-left: 2px solid TEXT;
  margin-right: 0.45rem; vertical-align: -0.1em; }
.fig-line.fig-truth { border-left: 4px solid ACCENT; }
ul.fig-options.fig-options { list-style: none; padding: 0; margin: 0; font-size: 0.9rem; }
.fig-options.fig-options li { padding: 0.3rem 0.6rem; margin: 0 0 0.3rem; border: 1px solid FAINT;
  border-radius: 4px; }
.fig-options.fig-options li.fig-mark { border: 2px solid ACCENT; }
.fig-options.fig-options li.fig-guess { border-style: dashed; border-color: TEXT; }
.fig-options.fig-options li.fig-mark.fig-guess { border: 2px solid ACCENT;
  outline: 2px dashed TEXT; outline-offset: -5px; }
.fig-tokens { display: flex; flex-wrap: wrap; gap: 2px; font-family: MONO; }
.fig-tokens span { display: inline-flex; flex-direction: column; align-items: center;
  min-width: 1.65rem; padding: 0.1rem 0.2rem; border: 1px solid FAINT; border-radius: 3px; }
.fig-tokens b { font-weight: 500; font-size: 0.9rem; white-space: pre; }
.fig-tokens small { font-size: 0.72rem; opacity: 0.85; }
.fig-tokens span.fig-mark { border: 2px solid ACCENT; }
.fig-tokens span.fig-guess { outline: 2px dashed currentColor; outline-offset: -3px; }
.fig-tokens span.fig-mark.fig-guess { outline-offset: -4px; }
.fig-tokens i { flex-basis: 100%; height: 0; }
.fig-tokens.fig-tall { padding: 3px; align-content: flex-start; }
.fig-text { font-family: MONO; font-size: 0.8rem; line-height: 1.5; margin: 0; max-height: 16rem;
  overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; color: TEXT;
  background: transparent; border-left: 2px solid FAINT; padding: 0 0 0 0.8rem; }
ul.fig-links.fig-links { padding: 0; margin: 0; list-style: none; font-size: 0.9rem; }
.fig-links.fig-links li { margin: 0 0 0.45rem; padding: 0; overflow-wrap: anywhere; }
.fig-links.fig-links a { color: ACCENT; text-decoration: underline; }
.fig-links span { display: block; color: REFERENCE; font-size: 0.82rem; }
.fig-picture { display: block; width: 100%; height: auto; }
@keyframes fig-appear { 0% { opacity: 0.12; } 12%, 100% { opacity: 1; } }
.fig-appear { animation: fig-appear 9s ease-out infinite backwards; }
@media (prefers-reduced-motion: reduce) { .fig-appear { animation: none; } }
@media (max-width: 640px) {
  .fig-bars:not(.fig-brief) > div { grid-template-columns: 1fr 4.5rem; }
  .fig-bars:not(.fig-brief) .fig-label { grid-column: 1 / -1; }
  .fig-table.fig-wide td { padding: 0.2rem 0.05rem; letter-spacing: -0.05em; }
  .fig-table td { padding: 0.2rem 0.13rem; }
}
@media print {
  .fig-links a::after { content: " (" attr(href) ")"; font-size: 0.78rem; }
  .fig-appear { animation: none; }
  .fig { break-inside: avoid; }
  .fig-text, .fig-tall { max-height: none; }
  .fig * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def figure_style(colors: Palette) -> str:
    """The rules for all figures, in the colours of a theme."""
    values = {
        "MONO": "'JetBrains Mono', ui-monospace, monospace",
        "ACCENT": colors.validation_loss,
        "REFERENCE": colors.reference,
        "TEXT": colors.text,
        "FAINT": colors.faint,
    }
    style = STYLE
    for name, value in values.items():
        style = style.replace(name, value)
    if colors.scale > 1:  # for the back row nothing is smaller than the text of the page
        style = SMALL.sub(f"font-size: {PAGE_TEXT_SHARE}rem", style)
    return f"<style>{style}</style>"
