"""In which language the visitor reads, chosen in the sidebar and kept in the address.

The browser is told, too: a screen reader then speaks the right language, the next visit begins in
it, and the address of each page that is opened from another one names it. That is done by a script
of a few lines, because a change of the address from here would be one more step for Back.
"""

import hashlib

import streamlit as st

from ui.i18n import CHOSEN, COOKIE, LANGUAGE, NAMES, _, language, languages
from ui.session import url

YEAR_SECONDS = 365 * 24 * 3600
SPOKEN = '<script>document.documentElement.lang = "{language}"; // {moment}\n</script>'
KEPT = """<script>
document.documentElement.lang = "{language}"; // {moment}
document.cookie = "{cookie}={language}; path=/; max-age={seconds}; SameSite=Lax";
const address = new URL(location.href);
if (!address.searchParams.has("{name}")) {{
  address.searchParams.set("{name}", "{language}");
  history.replaceState(history.state, "", address);
}}
</script>"""


def choose_language() -> None:
    """Draw the choice, and let the browser know what was chosen."""
    there = sorted(languages())
    if len(there) > 1:
        url.pick(
            _("Language"), there, name=LANGUAGE, default=language(),
            show=lambda one: NAMES.get(one, one),
        )  # fmt: skip
    st.html(_script(), unsafe_allow_javascript=True)


def _script() -> str:
    """Nothing in it comes from a visitor: the language is one of ours."""
    is_chosen = bool(st.session_state.get(CHOSEN)) or COOKIE in st.context.cookies
    return (KEPT if is_chosen else SPOKEN).format(
        language=language(), name=LANGUAGE, cookie=COOKIE, seconds=YEAR_SECONDS, moment=_moment()
    )


def _moment() -> str:
    """Another one after each change of the address, so that the browser runs the script again."""
    address = f"{st.context.url} {sorted(st.query_params.to_dict().items())}"
    return hashlib.sha256(address.encode("utf-8", "replace")).hexdigest()[:12]
