"""In which language the visitor reads, chosen in the sidebar and kept in the address.

The browser is told, too: a screen reader then speaks the right language, the next visit begins in
it, and the address of each page that is opened from another one names it. That is done by a script
of a few lines, because a change of the address from here would be one more step for Back.
"""

import hashlib
import json

import streamlit as st

from ui.i18n import CHOSEN, COOKIE, LANGUAGE, NAMES, _, language, languages
from ui.session import url

YEAR_SECONDS = 365 * 24 * 3600
SPOKEN = 'document.documentElement.lang = "{language}"; // {moment}\n'
COOKIE_SET = 'document.cookie = "{cookie}={language}; path=/; max-age={seconds}; SameSite=Lax";\n'
KEPT = """{{
  const address = new URL(location.href), before = address.search;
  for (const [name, value] of Object.entries({kept})) {{
    if (!address.searchParams.has(name)) address.searchParams.set(name, value);
  }}
  if (address.search !== before) history.replaceState(history.state, "", address);
}}
"""


def choose_language() -> None:
    """Draw the choice."""
    there = sorted(languages())
    if len(there) > 1:
        url.pick(
            _("Language"), there, name=LANGUAGE, default=language(),
            show=lambda one: NAMES.get(one, one),
        )  # fmt: skip


def tell_browser(**kept: str) -> None:
    """Let the browser know the language; for when it shows the address of the page that is drawn.

    `kept` is what else the address of every page shall say, so that a sent link shows the same.
    """
    st.html(f"<script>{_script(kept)}</script>", unsafe_allow_javascript=True)


def _script(kept: dict[str, str]) -> str:
    """Nothing in it comes from a visitor: the language is one of ours, and so is what is kept."""
    words = SPOKEN.format(language=language(), moment=_moment())
    if st.session_state.get(CHOSEN) or COOKIE in st.context.cookies:
        words += COOKIE_SET.format(cookie=COOKIE, language=language(), seconds=YEAR_SECONDS)
        kept = {LANGUAGE: language(), **kept}
    return words + KEPT.format(kept=json.dumps(kept)) if kept else words


def _moment() -> str:
    """Another one after each change of the address, so that the browser runs the script again."""
    address = f"{st.context.url} {sorted(st.query_params.to_dict().items())}"
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:12]
