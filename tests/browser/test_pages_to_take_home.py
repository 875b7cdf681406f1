"""Tokens on the pages that leave the app: each as itself, whatever is in it."""

import sys
import unicodedata
from pathlib import Path

import torch
from playwright.sync_api import Browser, expect

from minigpt.runs.attention.film import Film
from minigpt.runs.attention.film_file import film_page
from minigpt.runs.attention.look_file import FORMATS, Attention
from ui.wording import glyph

TOKENS = ["<b>a</b>", "\u202eevil", "a\u200b", "a\ufe0f", "a\U000e0100", "\x07", "a b\r\n", ""]
SEEN = ["<b>a</b>", "\\u202eevil", "a\\u200b", "a\\ufe0f", "a\\U000e0100", "\\x07", "a␣b␍↵", "∅"]
IDS = tuple(range(len(TOKENS)))


def write_pages(folder: Path) -> list[Path]:
    look, film = folder / "look.html", folder / "film.html"
    weights = torch.full((1, 1, len(IDS), len(IDS)), 1 / len(IDS)).tril()
    with look.open("wb") as file:
        FORMATS[".html"](
            file,
            Attention(
                run="x", step=1, text="".join(TOKENS), ids=list(IDS), tokens=TOKENS, weights=weights
            ),
        )
    cells = b"\x80" * (len(IDS) * (len(IDS) + 1) // 2)
    kept = Film(ids=IDS, layers=1, heads=1, steps=(1,), cells=(cells,))
    film.write_bytes(film_page(kept, TOKENS, [], run="x"))
    return [look, film]


def test_tokens_are_shown_as_what_they_are(browser: Browser, tmp_path: Path) -> None:
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        for path in write_pages(tmp_path):
            page.goto(path.as_uri())
            expect(page.locator("#tokens button")).to_have_text(SEEN)
            page.locator("#tokens button").last.click()
            shown = page.locator("#rows td:nth-child(2)").all_text_contents()
            assert sorted(shown) == sorted(SEEN)


def test_every_character_looks_there_as_in_the_app(browser: Browser, tmp_path: Path) -> None:
    # Of those that Python knows: newer browsers know more, and have letters for some of the others.
    kinds = {"Cn", "Co", "Cs"}
    known = [
        one for one in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(one) not in kinds
    ]
    with browser.new_context(offline=True) as context:
        page = context.new_page()
        for path in write_pages(tmp_path):
            page.goto(path.as_uri())
            shown = page.evaluate("characters => characters.map(visible)", known)
            assert shown == [glyph(one) for one in known]
